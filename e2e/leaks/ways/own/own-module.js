import '{url}/a.js';
