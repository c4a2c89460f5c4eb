// Package leaks proves from outside that before consent nothing leaves the
// browser: a real browser is led through pages that try every way there is to
// reach a third party, and whoever would be reached takes notes.
//
// # Set-up
//
// The tests run themselves again in network and mount namespaces of their own,
// in which every name is looked up at the lab's server and nothing leads
// outside. There
//
//   - 127.0.0.1 is the resolver, and the edge: the real server, built with the
//     race detector, with one site that has "unknown block" and one that has
//     "unknown allow";
//   - 127.0.0.2 is every third party, on TCP 80 and 443 and the UDP ports of STUN,
//     TURN and QUIC;
//   - 127.0.0.3 is the site without an edge, the proxy that takes layers of the
//     edge away, and the conductor, a page that opens all others.
//
// Each way of each run has a host of its own, <way>.<run>.<domain>, so that what
// is reached tells who did it. Three grades are told apart: the name was looked
// up, a TLS handshake began, a request or datagram came. The domain is either
// unknown to the catalogue or that of one of its services.
//
// A run is void, and fails, when a way of JavaScript wasn't started, a page
// didn't come up, the edge takes the visitor for somebody else, or a host that is
// visited on purpose at the end isn't seen. The same pages without the edge must
// leak.
//
// # A new way
//
// Ways are rows of ways/<kind>.txt: a name that can stand in a host name, a
// colon, and markup, JavaScript or header lines, in which {url} and {host} stand
// for the third party, {redirect} for an address of the site that leads there,
// and {own} for a file of the way's name in ways/own, to which its extension is
// added. Kinds head, body and script share pages; solo, page, header, early and
// leaving have one for each way. ways/policy-only.txt names those that get through
// to known services where the policy only reports, and why.
//
// "go test ./e2e/leaks" tries Chromium; "make leaks" tries every set of layers in
// Chromium and Firefox and prints the table of docs/blocking.md.
package leaks
