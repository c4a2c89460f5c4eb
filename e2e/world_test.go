package e2e

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// world stands for every host of the internet: the browser is told to find all
// of them there. It notes who was connected to, even when nothing was asked.
type world struct {
	listener net.Listener
	answer   func(address string) string // the whole answer to host, path and query; "" or nil for the usual one

	mu        sync.Mutex
	open      map[net.Conn]bool
	hosts     map[string]int // connections by host; "" for those that named none
	requests  []string       // host and path
	addresses []string       // host, path and query
}

// newWorld starts a world that ends with the test.
func newWorld(t *testing.T) *world {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{listener: listener, hosts: make(map[string]int), open: make(map[net.Conn]bool)}
	certificate := selfSigned(t)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { w.serve(conn, certificate) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		w.mu.Lock()
		for conn := range w.open {
			conn.Close()
		}
		w.mu.Unlock()
		running.Wait()
	})
	return w
}

// serve answers one connection, in TLS or in the clear as the first byte tells.
func (w *world) serve(conn net.Conn, certificate tls.Certificate) {
	w.mu.Lock()
	w.open[conn] = true
	w.hosts[""]++
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.open, conn)
		w.mu.Unlock()
		conn.Close()
	}()
	named := sync.OnceFunc(func() { w.hosts[""]-- })
	name := func(host string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		named()
		w.hosts[host]++
	}
	reader := bufio.NewReader(conn)
	first, err := reader.Peek(1)
	if err != nil {
		return
	}
	var stream net.Conn = &peeked{Conn: conn, reader: reader}
	if first[0] == 0x16 { // a TLS handshake record (RFC 8446 §5.1)
		stream = tls.Server(stream, &tls.Config{
			NextProtos: []string{"http/1.1"},
			GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
				name(hello.ServerName)
				return &certificate, nil
			},
		})
	}
	reader = bufio.NewReader(stream)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		host, _, _ := strings.Cut(request.Host, ":")
		if first[0] != 0x16 {
			name(host)
		}
		w.mu.Lock()
		w.requests = append(w.requests, host+request.URL.Path)
		w.addresses = append(w.addresses, host+request.RequestURI)
		w.mu.Unlock()
		answer := ""
		if w.answer != nil {
			answer = w.answer(host + request.RequestURI)
		}
		if answer == "" {
			answer = reply(host, request.URL.Path)
		}
		if _, err := stream.Write([]byte(answer)); err != nil {
			return
		}
	}
}

// vendorCookies are the cookies that the vendors' scripts set.
var vendorCookies = map[string]string{
	"mc.yandex.ru":             "_ym_uid=1700000000111111111",
	"www.googletagmanager.com": "_ga=GA1.1.2222222222.1700000000",
	"connect.facebook.net":     "_fbp=fb.0.1700000000.333",
	"static.hotjar.com":        "_hjSession_1000000=444",
	"www.clarity.ms":           "_clck=555",
}

// reply is a harmless answer: a script that sets the vendor's cookie where a
// script was asked for, an empty page in frames, nothing otherwise.
func reply(host, path string) string {
	contentType, body := "", ""
	switch {
	case strings.HasSuffix(path, ".js"), path == "/gtag/js", strings.HasPrefix(path, "/tag/"):
		contentType, body = "text/javascript", fmt.Sprintf("document.cookie = %q;", vendorCookies[host]+"; path=/; max-age=1000000")
	case strings.HasPrefix(path, "/embed/"), path == "/ns.html", path == "/sentinel":
		contentType, body = "text/html", "<!doctype html><title>"+host+"</title>"
	default:
		return "HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\n\r\n"
	}
	return content(contentType, body)
}

// content is an answer that no browser keeps.
func content(contentType, body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\nCache-Control: no-store\r\n\r\n%s", contentType, len(body), body)
}

// reached lists the hosts that were connected to, with "(unnamed)" for
// connections that didn't say whom they meant.
func (w *world) reached() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var hosts []string
	for host, count := range w.hosts {
		if count > 0 {
			hosts = append(hosts, host)
		}
	}
	slices.Sort(hosts)
	if len(hosts) > 0 && hosts[0] == "" {
		hosts[0] = "(unnamed)"
	}
	return hosts
}

// asked lists what was requested, host and path, each once.
func (w *world) asked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(w.requests)))
}

// addressed lists what was requested, host, path and query, as often as it was.
func (w *world) addressed() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(slices.Values(w.addresses))
}

// forget starts the notes afresh.
func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.hosts, func(host string, _ int) bool { return host != "" })
	w.hosts[""] = 0
	w.requests, w.addresses = nil, nil
}

// peeked gives back the byte that was looked at.
type peeked struct {
	net.Conn
	reader *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.reader.Read(b) }

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"*"}, NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// recorder stands between edge and demo site and notes what reaches the site.
type recorder struct {
	mu       sync.Mutex
	requests []string // paths
}

// recordOrigin puts a recorder before the demo site; call it before start.
func (s *server) recordOrigin() *recorder {
	s.t.Helper()
	target, err := url.Parse(s.originURL(""))
	if err != nil {
		s.t.Fatal(err)
	}
	r := new(recorder)
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.mu.Lock()
		r.requests = append(r.requests, request.URL.Path)
		r.mu.Unlock()
		proxy.ServeHTTP(w, request)
	}))
	s.t.Cleanup(front.Close)
	s.env = append(s.env, "UPSTREAM="+front.URL)
	return r
}

// count returns how many requests reached the site whose path matches the
// pattern of path.Match.
func (r *recorder) count(pattern string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	count := 0
	for _, request := range r.requests {
		if matches, err := path.Match(pattern, request); err == nil && matches {
			count++
		}
	}
	return count
}

// eventuallyCounts waits until at least that many requests reached the site.
func eventuallyCounts(t *testing.T, r *recorder, pattern string, least int) {
	t.Helper()
	eventually(t, pattern+" reaches the site", func() error {
		if count := r.count(pattern); count < least {
			return fmt.Errorf("%d of %d requests", count, least)
		}
		return nil
	})
}

// eventuallyAsked waits until all of the requests, host and path, were made.
func eventuallyAsked(t *testing.T, w *world, requests []string) {
	t.Helper()
	eventually(t, "the trackers are asked", func() error {
		if absent := missing(requests, w.asked()); len(absent) > 0 {
			return fmt.Errorf("not asked for: %v", absent)
		}
		return nil
	})
}
