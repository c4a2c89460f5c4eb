(choice => {
	const { freeze, values } = Object;
	// A base element may lead paths to another host.
	const home = location.origin + '/.privacy/';
	const page = document;
	// What is answered begins with the values of the choice.
	const check = () => page.hidden || fetch(home + 'state').then(answer => answer.json()).then(now => '' + values(now).slice(0, 3) == values(choice) || location.reload(), () => {});
	const parsed = new Promise(tell => addEventListener('DOMContentLoaded', tell));
	values(choice).map(freeze);
	self.privacy = freeze({
		choice: freeze(choice),
		on(event, call) {
			if (event == 'choice') parsed.then(() => call(choice));
		},
		open() {
			const button = self['privacy-choice']?.shadowRoot?.querySelector('summary');
			if (button) button.focus();
			else location = home;
		},
	});
	parsed.then(() => page.dispatchEvent(new CustomEvent('privacy:choice', { detail: choice })));
	// The choice may be made in another tab or on another sub-domain, or have been made
	// since the page was fetched ahead or left.
	new BroadcastChannel('privacy_choice').onmessage = check;
	addEventListener('visibilitychange', check);
	addEventListener('pageshow', event => event.persisted && check());
})(STATE)
