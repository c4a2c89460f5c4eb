addEventListener('install', event => event.waitUntil(caches.open('c').then(cache => cache.add('{url}/a.json'))));
