package bench

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// pause is how long the slow origin waits between the beginning of a page and its
// rest.
const pause = 20 * time.Millisecond

// BenchmarkFirstByte reports how many microseconds later than a plain proxy's the
// first byte of a page comes, as medians over requests that take turns: of a page
// that comes at once, and of one whose origin sends what a head holds and then pauses.
//
//	go test -run '^$' -bench FirstByte -benchtime 200x ./bench
func BenchmarkFirstByte(b *testing.B) {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/slow" {
			servePage(w, r)
			return
		}
		page := makePage(10<<10, pageArticle)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page[:2<<10])
		http.NewResponseController(w).Flush()
		time.Sleep(pause)
		fmt.Fprint(w, page[2<<10:])
	}))
	b.Cleanup(origin.Close)
	edge := startEdge(b, origin.URL)
	for _, path := range []string{"/page?bytes=10240", "/slow"} {
		for _, encoding := range []string{"identity", "gzip"} {
			b.Run(strings.TrimPrefix(path, "/")+"/"+encoding, func(b *testing.B) {
				clients := []*rawClient{dial(b, edge.plain), dial(b, edge.gated)}
				var took [2][]float64
				for _, c := range clients {
					c.firstByte(b, path, encoding) // warm-up
				}
				for b.Loop() {
					for i, c := range clients {
						took[i] = append(took[i], c.firstByte(b, path, encoding).Seconds()*1e6)
					}
				}
				plain, gated := median(took[0]), median(took[1])
				b.ReportMetric(plain, "plain-µs")
				b.ReportMetric(gated-plain, "added-µs")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// rawClient tells when the first byte of an answer comes.
type rawClient struct {
	host string
	conn net.Conn
	read *bufio.Reader
}

func dial(b *testing.B, base string) *rawClient {
	host := strings.TrimPrefix(base, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return &rawClient{host, conn, bufio.NewReader(conn)}
}

func (c *rawClient) firstByte(b *testing.B, path, encoding string) time.Duration {
	request, err := http.NewRequest(http.MethodGet, "http://"+c.host+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Accept", "text/html")
	request.Header.Set("Accept-Encoding", encoding)
	request.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36")
	start := time.Now()
	if err := request.Write(c.conn); err != nil {
		b.Fatal(err)
	}
	if _, err := c.read.Peek(1); err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	response, err := http.ReadResponse(c.read, request)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s, %v", path, response.Status, err)
	}
	return took
}
