(host => {
	let root = host.shadowRoot;
	if (!root) {
		root = host.attachShadow({ mode: 'open' });
		root.append(host.firstChild.content);
	}
	const form = root.querySelector('form');
	form.onsubmit = event => {
		event.preventDefault();
		const body = new URLSearchParams(new FormData(form));
		body.set('choice', event.submitter.value);
		body.set('return', location.pathname + location.search);
		fetch(form.action, { method: 'POST', body, headers: { Accept: 'application/json' }, keepalive: true }).then(answer => {
			if (!answer.ok) throw answer;
			location.reload();
			new BroadcastChannel('privacy_choice').postMessage(0);
		}).catch(() => form.lastElementChild.hidden = false);
	};
	// By the keyboard nothing is focused out of sight, under the banner (WCAG 2.2 §2.4.11).
	addEventListener('keyup', ({ target }) => {
		const { style } = form.parentNode;
		const { x, y } = target.getBoundingClientRect();
		style.translate = '';
		if (~target.tabIndex && document.elementFromPoint(x, y + 8) == host) style.translate = '0 -85vh';
	});
})(document.currentScript.parentNode);
