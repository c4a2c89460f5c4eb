// tried tells the site which ways this page has tried.
function tried(names) {
	return fetch('/tried', { method: 'POST', body: JSON.stringify(names), keepalive: true });
}
