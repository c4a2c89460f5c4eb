new BroadcastChannel('privacy_choice').postMessage(0);
