(host => {
	// A service worker's request for a frame looks like one for a page.
	if (self != top) return host.remove();
	BESIDE(host);
	host.shadowRoot || host.attachShadow({ mode: 'open' }).append(host.firstChild.content);
	const form = host.shadowRoot.querySelector('form');
	form.onsubmit = event => {
		event.preventDefault();
		const body = new FormData(form);
		body.set('choice', event.submitter.value);
		body.set('return', location.pathname + location.search);
		// The second try is the browser's own: a policy may stop only this one.
		const failed = () => form.onsubmit = form.lastElementChild.hidden = null;
		fetch(form.action, { method: 'POST', body, headers: { Accept: 'application/json' }, keepalive: true }).then(answer => {
			if (answer.ok) {
				location.reload();
				new BroadcastChannel('privacy_choice').postMessage(0);
			} else if (answer.redirected) location = answer.url; // where a browser without cookies is told
			else failed();
		}, failed);
	};
	// By the keyboard nothing is focused out of sight, under the banner (WCAG 2.2 §2.4.11).
	addEventListener('keyup', ({ target }) => {
		const { x, y } = target.getBoundingClientRect();
		form.parentNode.style.translate = '';
		if (~target.tabIndex && document.elementFromPoint(x, y + 8) == host) form.parentNode.style.translate = '0 -85vh';
	});
})(document.currentScript.parentNode);
