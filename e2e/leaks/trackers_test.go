package leaks

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
)

// grade says how far a way got. A higher one holds the lower ones.
type grade uint8

const (
	clean     grade = iota
	lookedUp        // the name was asked for
	connected       // a handshake named the host
	requested       // something was requested, or a datagram came
)

var gradeNames = [...]string{"clean", "DNS", "TLS", "HTTP"}

func (g grade) String() string { return gradeNames[g] }

// trackers are all third parties. They note how far each way got.
type trackers struct {
	domains []string

	mu      sync.Mutex
	reached map[string]grade // by way
}

// datagramWays are the ways that send datagrams to a port of their own, which names
// no host.
var datagramWays = map[string][]string{
	"127.0.0.2:3478": {"webrtc-stun", "webrtc-set-configuration", "webrtc-in-frame"},
	"127.0.0.2:3479": {"webrtc-turn"},
	"127.0.0.2:443":  {"webtransport"},
}

// newTrackers listens until the test ends.
func newTrackers(t *testing.T, who *identity, domains ...string) *trackers {
	t.Helper()
	w := &trackers{domains: domains, reached: make(map[string]grade)}
	serveNames(t, &nameServer{domains: domains, noted: func(host string) { w.note(host, lookedUp) }})
	server := &http.Server{
		Handler:  http.HandlerFunc(w.serve),
		ErrorLog: log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			w.note(hello.ServerName, connected)
			return &who.certificate, nil
		}},
	}
	var running sync.WaitGroup
	listen := func(port string) net.Listener {
		listener, err := net.Listen("tcp", "127.0.0.2:"+port)
		if err != nil {
			t.Fatal(err)
		}
		return listener
	}
	secure, plain := listen("443"), listen("80")
	running.Go(func() { server.ServeTLS(secure, "", "") })
	running.Go(func() { server.Serve(plain) })
	t.Cleanup(func() {
		server.Close()
		running.Wait()
	})
	for address, ways := range datagramWays {
		conn, err := net.ListenPacket("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		go func() {
			buffer := make([]byte, 2048)
			for {
				if _, _, err := conn.ReadFrom(buffer); err != nil {
					return
				}
				for _, way := range ways {
					// The port is shared: it was one of those whose name was asked for.
					w.raise(way, lookedUp, requested)
				}
			}
		}()
	}
	return w
}

// serve answers anything harmlessly.
func (w *trackers) serve(response http.ResponseWriter, r *http.Request) {
	host, _, _ := strings.Cut(r.Host, ":")
	w.note(host, requested)
	header := response.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Cache-Control", "no-store")
	switch path.Ext(r.URL.Path) {
	case ".js":
		header.Set("Content-Type", "text/javascript")
	case ".css":
		header.Set("Content-Type", "text/css")
	case ".html":
		header.Set("Content-Type", "text/html")
	case ".json":
		header.Set("Content-Type", "application/json")
		io.WriteString(response, "{}")
	default:
		response.WriteHeader(http.StatusNoContent)
	}
}

// note notes how far the way with that host got.
func (w *trackers) note(host string, g grade) {
	for _, domain := range w.domains {
		if way, ok := strings.CutSuffix(host, "."+domain); ok {
			w.raise(way, clean, g)
		}
	}
}

// raise notes a grade for a way that has got to the least one before.
func (w *trackers) raise(way string, least, g grade) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reached[way] >= least {
		w.reached[way] = max(w.reached[way], g)
	}
}

// take returns what was reached since the last call.
func (w *trackers) take() map[string]grade {
	w.mu.Lock()
	defer w.mu.Unlock()
	reached := w.reached
	w.reached = make(map[string]grade)
	return reached
}
