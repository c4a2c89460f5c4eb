// A stand-in for the tracker of a self-hosted Matomo: it understands the four
// commands of the demo's snippet, keeps a visitor ID in a first-party cookie
// named as Matomo's is, and sends one page view with Matomo's parameters.
(() => {
	const settings = { url: '/matomo.php', site: '1' };
	const visitor = () => {
		const name = `_pk_id.${settings.site}.demo`;
		const known = document.cookie.split('; ').find(pair => pair.startsWith(name + '='));
		if (known) return known.slice(name.length + 1).split('.')[0];
		const id = Array.from(crypto.getRandomValues(new Uint8Array(8)), byte => byte.toString(16).padStart(2, '0')).join('');
		document.cookie = `${name}=${id}.${Math.floor(Date.now() / 1000)}.; path=/; max-age=33955200; SameSite=Lax`;
		return id;
	};
	const commands = {
		setTrackerUrl(url) { settings.url = url; },
		setSiteId(id) { settings.site = id; },
		enableLinkTracking() {},
		trackPageView() {
			const query = new URLSearchParams({
				idsite: settings.site, rec: 1, url: location.href, action_name: document.title, _id: visitor(),
			});
			fetch(`${settings.url}?${query}`, { keepalive: true });
		},
	};
	const run = ([name, ...rest]) => commands[name]?.(...rest);
	// What the page asked for before this file came; settings before views.
	const queued = window._paq ?? [];
	queued.toSorted((a, b) => /^track/.test(a[0]) - /^track/.test(b[0])).forEach(run);
	window._paq = { push: (...calls) => calls.forEach(run) };
	window.Matomo = { demo: true };
})();
