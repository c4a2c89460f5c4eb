package bench

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// BenchmarkStalledPages reports the resident memory, in MiB, that 1,000 pages of 1 MB
// take of which the visitors have read but the beginning, and which can't be compressed
// to where the kernel would take the whole page for them: of a server that only
// passes them on, and of one that rewrites them. It reports medians, and the most that
// the second took above the first.
//
//	go test -run '^$' -bench Stalled -benchtime 5x ./bench
func BenchmarkStalledPages(b *testing.B) {
	const visitors = 1000
	for _, encoding := range []string{"identity", "gzip"} {
		b.Run(encoding, func(b *testing.B) {
			var plain, undecided, above []float64
			for range b.N {
				origin := httptest.NewServer(http.HandlerFunc(servePage))
				var grown [2]float64
				for i := range grown {
					edge := startEdge(b, origin.URL)
					base := []string{edge.plain, edge.gated}[i]
					edge.get(b, base+"/page?bytes=1048576&noise", encoding, nil)
					before := resident(b, edge.pid)
					conns := make([]net.Conn, visitors)
					var group sync.WaitGroup
					for j := range conns {
						group.Go(func() { conns[j] = stall(b, base, encoding) })
					}
					group.Wait()
					grown[i] = settled(b, edge.pid) - before
					for _, conn := range conns {
						conn.Close()
					}
				}
				plain, undecided = append(plain, grown[0]), append(undecided, grown[1])
				above = append(above, grown[1]-grown[0])
				origin.CloseClientConnections()
				origin.Close()
			}
			b.ReportMetric(median(plain), "plain-MiB")
			b.ReportMetric(median(undecided), "undecided-MiB")
			b.ReportMetric(median(above), "above-MiB")
			b.ReportMetric(slices.Max(above), "most-above-MiB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// stall asks for a page and reads no further than its first byte.
func stall(b *testing.B, base, encoding string) net.Conn {
	// With the segments and buffers of a loopback interface the kernel would take the
	// whole page for the client.
	slow := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		var set error
		err := c.Control(func(fd uintptr) {
			set = errors.Join(syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 1400),
				syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10))
		})
		return errors.Join(err, set)
	}}
	host := strings.TrimPrefix(base, "http://")
	conn, err := slow.DialContext(b.Context(), "tcp", host)
	if err != nil {
		b.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /page?bytes=1048576&noise HTTP/1.1\r\nHost: %s\r\nAccept: text/html\r\nAccept-Encoding: %s\r\n"+
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\r\n", host, encoding)
	if _, err := bufio.NewReaderSize(conn, 16).ReadByte(); err != nil {
		b.Fatal(err)
	}
	return conn
}

// resident returns the resident memory of a process in MiB.
func resident(b *testing.B, pid int) float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "VmRSS:")
	kilobytes, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kilobytes) / 1024
}

// settled waits until the memory doesn't grow any more.
func settled(b *testing.B, pid int) float64 {
	for last := resident(b, pid); ; {
		time.Sleep(time.Second)
		now := resident(b, pid)
		if now-last < 1 {
			return now
		}
		last = now
	}
}
