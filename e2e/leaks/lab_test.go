package leaks

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait for something that is sure to come.
const patience = 30 * time.Second

// lab is everything in the namespace: names, third parties, the site and the
// edge before it.
type lab struct {
	dir       string
	authority *authority
	notes     *notebook
	ways      []way

	mu   sync.Mutex
	runs map[string]*run
	last *run
}

// openLab sets the lab up; it closes with the test.
func openLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{dir: t.TempDir(), notes: &notebook{grades: make(map[string]map[string]grade)}, runs: make(map[string]*run)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	l.ways, err = readWays()
	must(err)
	l.authority, err = newAuthority()
	must(err)
	must(l.authority.write(l.dir, edgeBlock.host, edgeAllow.host, edgeStrict.host, "*"+layersDomain))

	datagrams, err := net.ListenPacket("udp", resolverAddress+":53")
	must(err)
	t.Cleanup(func() { datagrams.Close() })
	streams, err := net.Listen("tcp", resolverAddress+":53")
	must(err)
	t.Cleanup(func() { streams.Close() })
	serveNames(datagrams, streams, l.notes)

	trackers, err := serveTrackers(l.authority, l.notes, l.current)
	t.Cleanup(func() { trackers.Close() })
	must(err)
	must(l.serveSites(t))
	startEdge(t, l.dir, os.Getenv(insideVariable)+"/consentgate")
	return l
}

// serveSites serves the origin to the edge in the clear and, over TLS, what has
// no edge before it: the conductor, the ungated site and the layers.
func (l *lab) serveSites(t *testing.T) error {
	site, layers := &origin{ways: l.ways, find: l.find}, newLayerProxy()
	front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host == conductorHost:
			l.conduct(w, r)
		case strings.HasSuffix(r.Host, layersDomain):
			layers.ServeHTTP(w, r)
		default:
			site.ServeHTTP(w, r)
		}
	})
	plain, err := net.Listen("tcp", labAddress+":"+originPort)
	if err != nil {
		return err
	}
	t.Cleanup(func() { plain.Close() })
	secure, err := net.Listen("tcp", labAddress+":443")
	if err != nil {
		return err
	}
	t.Cleanup(func() { secure.Close() })
	quiet := log.New(io.Discard, "", 0)
	go (&http.Server{Handler: site, ErrorLog: quiet}).Serve(plain)
	server := &http.Server{Handler: front, ErrorLog: quiet, TLSConfig: &tls.Config{
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return l.authority.issue(hello.ServerName) },
	}}
	go server.ServeTLS(secure, "", "")
	return nil
}

func (l *lab) find(label string) *run {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.runs[label]
}

func (l *lab) current() *run {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}
