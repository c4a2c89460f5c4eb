package leaks

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"path"
	"strings"
	"sync"
)

// grade is how far a way came.
type grade uint8

const (
	clean     grade = iota
	lookUp          // the name was asked for: the resolver learns it
	handshake       // a TLS handshake began: the third party learns the visitor's address and the name
	request         // an HTTP request or a datagram came
)

func (g grade) String() string { return [...]string{"clean", "DNS", "TLS", "HTTP"}[g] }

// The third parties: names below a domain that no service of the catalogue
// knows, and below one that is a service's.
const (
	unknownDomain = "tracker.test"
	knownDomain   = "mouseflow.com" // mouseflow: statistics, "*.mouseflow.com"
)

// notebook keeps the highest grade of each way of each run.
type notebook struct {
	mu     sync.Mutex
	grades map[string]map[string]grade
}

// note takes down that a host was reached. Hosts that aren't of the lab, such as
// those that browsers look for by themselves, are left out.
func (n *notebook) note(host string, reached grade) {
	way, run, ok := splitTracker(strings.ToLower(host))
	if !ok {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.grades[run] == nil {
		n.grades[run] = make(map[string]grade)
	}
	n.grades[run][way] = max(n.grades[run][way], reached)
}

// of returns the grades of a run by way; ways that reached nothing are absent.
func (n *notebook) of(run string) map[string]grade {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.grades[run])
}

// datagramPorts are the ports of the ways that send datagrams, which name no
// host.
var datagramPorts = map[int]string{443: "webtransport", 3478: "webrtc-stun", 3479: "webrtc-turn"}

// serveTrackers listens as every third party at once. current names the run that
// datagrams belong to.
func serveTrackers(a *authority, notes *notebook, current func() *run) (io.Closer, error) {
	var open closers
	plain, err := net.Listen("tcp", trackerAddress+":80")
	if err != nil {
		return open, err
	}
	open = append(open, plain)
	secure, err := net.Listen("tcp", trackerAddress+":443")
	if err != nil {
		return open, err
	}
	open = append(open, secure)
	for port, way := range datagramPorts {
		conn, err := net.ListenPacket("udp", fmt.Sprintf("%s:%d", trackerAddress, port))
		if err != nil {
			return open, err
		}
		open = append(open, conn)
		go func() {
			for buffer := make([]byte, 2048); ; {
				if _, _, err := conn.ReadFrom(buffer); err != nil {
					return
				}
				if run := current(); run != nil {
					notes.note(run.hostOf(way), request)
				}
			}
		}()
	}
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			host, _, _ := strings.Cut(r.Host, ":")
			notes.note(host, request)
			track(w, r)
		}),
		TLSConfig: &tls.Config{
			NextProtos: []string{"http/1.1"},
			GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
				notes.note(hello.ServerName, handshake)
				return a.issue(hello.ServerName)
			},
		},
		ErrorLog: log.New(io.Discard, "", 0), // browsers give up connections as they like
	}
	go server.Serve(plain)
	go server.ServeTLS(secure, "", "")
	return append(open, server), nil
}

// pixel is a GIF of one transparent dot.
const pixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// track is a third party's answer: harmless content of the type that was asked
// for.
func track(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Allow-Headers", "*")
	header.Set("Cache-Control", "no-store")
	contentType, body := "text/html", `<!doctype html><title>third party</title><script>opener && opener.postMessage('here', '*')</script>`
	switch path.Ext(r.URL.Path) {
	case ".js":
		contentType, body = "text/javascript", "export default 1"
		if r.Header.Get("Sec-Fetch-Mode") == "no-cors" {
			body = "/* nothing */"
		}
	case ".css":
		contentType, body = "text/css", "/* nothing */"
	case ".gif":
		contentType, body = "image/gif", pixel
	case ".json":
		contentType, body = "application/json", "{}"
	}
	header.Set("Content-Type", contentType)
	io.WriteString(w, body)
}

// closers are closed in reverse order.
type closers []io.Closer

func (c closers) Close() error {
	for i := len(c) - 1; i >= 0; i-- {
		c[i].Close()
	}
	return nil
}
