(choice => {
	// A base element may lead paths to another host.
	const home = location.origin + '/.privacy/';
	const page = document;
	const { freeze } = Object;
	const listenTo = addEventListener;
	const words = state => '' + [state.state, state.categories, state.services];
	const check = () => page.hidden || fetch(home + 'state').then(answer => answer.json()).then(now => words(now) == words(choice) || location.reload(), () => {});
	const listen = () => {
		const channel = new BroadcastChannel('privacy_choice');
		channel.onmessage = check;
		// An open channel can keep a page out of the back/forward cache.
		listenTo('pagehide', () => channel.close(), { once: true });
	};
	const banner = () => page.getElementById('privacy-choice');
	let told;
	freeze(choice.categories);
	freeze(choice.services);
	Object.defineProperty(self, 'privacy', {
		// A site's own "let privacy" would be an error otherwise.
		configurable: true,
		value: freeze({
			choice: freeze(choice),
			on(event, call) {
				page.addEventListener('privacy:' + event, () => call(choice));
				if (told && event == 'choice') call(choice);
			},
			open() {
				const button = banner()?.shadowRoot?.querySelector('summary');
				if (button) button.focus();
				else location = home;
			},
		}),
	});
	listenTo('DOMContentLoaded', () => {
		// A service worker's request for a frame looks like one for a page.
		if (self != top) banner()?.remove();
		told = true;
		page.dispatchEvent(new CustomEvent('privacy:choice', { detail: choice }));
	});
	listenTo('pageshow', event => {
		if (event.persisted) {
			check();
			listen();
		}
	});
	listen();
	// The choice may have been made on another sub-domain, or since the page was fetched
	// ahead, whenever the page is shown.
	listenTo('visibilitychange', check);
})(STATE)
