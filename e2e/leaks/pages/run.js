// Runs the ways one after the other. One that hangs is left behind, one that throws
// was tried: what stops a way is what the laboratory is about.
(async () => {
	const wait = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));
	const put = element => document.body.appendChild(element);
	const names = Object.keys(ways);
	for (const name of names) {
		const host = name + '.' + domain;
		try {
			await Promise.race([ways[name]('https://' + host + '/' + name, host, wait, put), wait(1000)]);
		} catch (error) {
			console.log(name + ': ' + error);
		}
	}
	tried(names);
})();
