// Appended to a service worker of the site's own with "service_worker clear".
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', event => event.waitUntil((async () => {
	// Pages kept from before carry neither banner nor policy.
	for (const name of await caches.keys()) {
		const cache = await caches.open(name);
		for (const request of await cache.keys()) {
			const kept = await cache.match(request, { ignoreVary: true });
			if (kept && /html/i.test(kept.headers.get('content-type'))) await cache.delete(request, { ignoreVary: true });
		}
	}
})()));
