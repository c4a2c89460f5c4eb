new WebSocket('wss://{host}/');
