importScripts('{url}/a.js');
