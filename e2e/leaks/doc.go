// Package leaks is a laboratory: a site with more than two hundred ways in which a
// page can reach a third party, in a network of its own, so that every look-up,
// every handshake and every request is seen and belongs to one way. It shows from
// outside, in real browsers, that before consent nothing leaves.
//
// # The set-up
//
// The tests start themselves again in a network and a mount namespace of their own
// (Linux namespaces(7)), where loopback is the only network and a name server of the
// laboratory answers for the whole internet. There are the site https://site.test,
// served by the laboratory itself or through the built edge, and the trackers: each
// way has a host of its own, <way>.<domain>. Three grades are told apart: the name
// was looked up; a connection was made and, with TLS, named its host; something was
// requested. Datagrams count as requests.
//
// The browser opens https://site.test/drive and nothing drives it from there: that
// page opens the others one after the other, and they tell the site which ways were
// tried. A run in which one wasn't is void, and so is a laboratory in which the
// ungated site leaks too little.
//
// # A new way
//
// Add it to one of the files in ways: parser.txt for markup, script.txt for the body
// of a function, page.txt for what needs a page of its own. "== name" begins a way,
// "-- path type" a file of the site's that it needs, under /file/<name>/. {url} is
// the tracker's address without an ending, {host} its host.
package leaks
