package module_test

import (
	"bytes"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// TestBodyThatExpandsStaysWithinConstantMemory pins that neither a coding nor a page
// without an end makes the edge keep what it decodes.
func TestBodyThatExpandsStaysWithinConstantMemory(t *testing.T) {
	const (
		chunk  = 1 << 20
		chunks = 128 // of each body
		bound  = 64  // MiB of heap while they pass
	)
	e := start(t, options{})
	filler := strings.Repeat("a", chunk)
	for _, test := range []struct{ begin, codings string }{
		{"<!doctype html><html><head></head><body>", "gzip"},
		{"<!doctype html><html><head></head><body><img src=\"", "zstd"},
		{"<!doctype html><html><head></head><body><script>", "gzip, gzip"},
	} {
		t.Run(test.codings, func(t *testing.T) {
			// Members of gzip and frames of zstd may follow each other.
			first, again := strings.CutSuffix(test.codings, ", gzip")
			body := append(compress(t, first, test.begin), bytes.Repeat(compress(t, first, filler), chunks)...)
			if again {
				body = compress(t, "gzip", string(body))
			}
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", test.codings)
				writePage(w, "")
				w.Write(body)
			})
			v := e.visit(t)
			response := v.open(v.request(http.MethodGet, "/", "", "Accept-Encoding", "identity"))
			peak := new(peak)
			n, err := io.Copy(peak, response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if n < chunk*chunks {
				t.Errorf("%d bytes of the page arrived", n)
			}
			if peak.heap>>20 > bound {
				t.Errorf("the heap grew to %d MiB", peak.heap>>20)
			}
		})
	}
}

// peak looks at the heap of the process, which the edge is in, while a body comes.
type peak struct {
	heap uint64 // bytes
	seen int    // bytes since the last look
}

// Write implements io.Writer.
func (p *peak) Write(b []byte) (int, error) {
	const step = 4 << 20
	if p.seen += len(b); p.seen >= step {
		p.seen = 0
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		p.heap = max(p.heap, stats.HeapAlloc)
	}
	return len(b), nil
}
