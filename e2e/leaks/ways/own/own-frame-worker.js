fetch('{url}/a.json', {mode: 'no-cors'});
