// Package catalogue knows the services a website may use: which hosts and paths
// they load from and send to, by which words an inline snippet is recognised,
// which cookies they set and in which countries they process data. It finds the
// service a URL, an inline script, a request or a cookie belongs to.
//
// It doesn't decide what is allowed; that is package gate's word.
//
// # Patterns
//
// Scripts and Collect hold patterns of the form
//
//	[wss://]host[/path][?query]     a third party's host
//	/path[?query]                   any host of the site itself
//	*/path[?query]                  any host at all: tools that operators host
//
// The host is written in lower case, without port, as one of
//
//	mc.example.com    this host and no other
//	*.example.com     every host below example.com, not example.com itself,
//	                  as in a Content-Security-Policy (CSP3 §6.7.2.8)
//	mc.example.*      the host under any country ending: one label (mc.example.kz)
//	                  or co, com, net, org and a country (mc.example.com.tr)
//
// The prefix wss:// says that the service also opens WebSockets there. It
// matters for a Content-Security-Policy only.
//
// The path is compared from its start, by letter case, and "*" stands for any run
// of characters, "/" among them. A path that ends in a letter or a digit ends a
// segment: /matomo.php covers /matomo.php and /matomo.php/x, not /matomo.php5.
// Any other end leaves the rest free: /recaptcha/, /pagead/1p-, /js/code*. A
// pattern without a path covers the whole host.
//
// The query is a list of key=start pairs joined by "&", each of which must be
// there: ?id=AW- covers ?l=x&id=AW-123. An empty start covers every value.
//
// # Precedence
//
// One URL may fit several services. The more exact host wins (a host before a
// country pattern before the longest *. pattern before a path on any host), then
// the longer path, then the longer query, then the stricter category.
package catalogue
