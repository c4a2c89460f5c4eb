new Image().src = '{url}/a.gif';
