(host => {
	let root = host.shadowRoot;
	if (!root) {
		root = host.attachShadow({ mode: 'open' });
		root.append(host.firstChild.content);
	}
	const form = root.querySelector('form');
	form.onsubmit = event => {
		event.preventDefault();
		form.elements.return.value = location.pathname + location.search;
		const body = new URLSearchParams(new FormData(form));
		body.set('choice', event.submitter.value);
		fetch(form.action, { method: 'POST', body, headers: { Accept: 'application/json' }, keepalive: true }).then(answer => {
			if (!answer.ok) throw answer;
			location.reload();
			new BroadcastChannel('privacy_choice').postMessage(0);
		}).catch(() => form.lastElementChild.hidden = false);
	};
})(document.getElementById('privacy-choice'));
