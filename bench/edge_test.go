// Package bench measures what the edge costs: the CPU time that the real server
// spends on a request with consent_gate, against the same server's plain
// reverse_proxy in the same run. It asserts nothing.
package bench

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkEdge runs rounds in which each variant serves the same few requests, in an order
// that is another one each round, so that a machine whose speed drifts slows all of them,
// and each comes behind each. It reports, of all rounds together, CPU microseconds of the
// server per request and their ratio to the same server's plain proxy; and the median of
// the rounds' own ratios, which leaves out what comes seldom: a neighbour's burst, but a
// garbage collection too. "undecided" and "allowed" are of a page that came before,
// "unique" is an undecided visitor's page of which each article is new, "ahead" an
// allowed one fetched ahead of the visitor, which is no visit, and "text" the page's
// bytes as plain text, with which there is nothing to do.
//
//	go test -run '^$' -bench Edge -benchtime 20x -timeout 90m ./bench
func BenchmarkEdge(b *testing.B) {
	origin := httptest.NewServer(http.HandlerFunc(servePage))
	b.Cleanup(origin.Close)
	edge := startEdge(b, origin.URL)
	nginx := startNginx(b, origin.URL)
	for _, page := range []struct {
		name, query string
		requests    int // per round
	}{
		{"10KB", "bytes=10240", 600}, {"100KB", "bytes=102400", 400}, {"1MB", "bytes=1048576", 60},
		{"1.3MB-news", "bytes=1363149&news", 60},
	} {
		for _, encoding := range []string{"identity", "gzip", "zstd"} {
			b.Run(page.name+"/"+encoding, func(b *testing.B) {
				compare(b, edge, nginx, "/page?"+page.query, encoding, page.requests)
			})
		}
	}
}

// recording is longer than visits wait to be written together. It passes behind every
// variant's requests, since a server that slept is dearer at first.
const recording = 300 * time.Millisecond

// variant is one way to be served, measured round by round.
type variant struct {
	name, base, path string
	header           http.Header // of each request, besides the usual
	pid              int
	costs            []float64 // CPU µs per request
}

func compare(b *testing.B, edge *edge, nginx *nginx, path, encoding string, requests int) {
	serve := func(v *variant) float64 {
		before := cpu(b, v.pid)
		for range requests {
			edge.get(b, v.base+v.path, encoding, v.header)
		}
		time.Sleep(recording)
		return (cpu(b, v.pid) - before).Seconds() * 1e6 / float64(requests)
	}
	cookie := http.Header{"Cookie": {edge.cookie}}
	ahead := http.Header{"Cookie": {edge.cookie}, "Sec-Purpose": {"prefetch"}}
	ours := []*variant{
		{name: "plain", base: edge.plain, path: path, pid: edge.pid},
		{name: "undecided", base: edge.gated, path: path, pid: edge.pid},
		{name: "unique", base: edge.gated, path: path + "&unique", pid: edge.pid},
		{name: "allowed", base: edge.gated, path: path, header: cookie, pid: edge.pid},
		{name: "ahead", base: edge.gated, path: path, header: ahead, pid: edge.pid},
		{name: "text", base: edge.gated, path: path + "&text", header: cookie, pid: edge.pid},
	}
	theirs := []*variant{
		{name: "nginx", base: nginx.plain, path: path, pid: nginx.pid},
		{name: "sub_filter", base: nginx.filtered, path: path, pid: nginx.pid},
	}
	if encoding == "zstd" {
		theirs = nil // nginx has none
	}
	order := slices.Concat(ours, theirs)
	for _, v := range order {
		serve(v) // warm-up
	}
	random := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, v := range order {
			v.costs = append(v.costs, serve(v))
		}
	}
	report(b, ours)
	report(b, theirs)
	b.ReportMetric(0, "ns/op") // a round's length says nothing
}

// report compares variants with the first of them.
func report(b *testing.B, variants []*variant) {
	for i, v := range variants {
		b.ReportMetric(mean(v.costs), v.name+"-µs/req")
		if i == 0 {
			continue
		}
		plain := variants[0]
		ratios := make([]float64, len(v.costs))
		for round := range ratios {
			ratios[round] = v.costs[round] / plain.costs[round]
		}
		b.ReportMetric(mean(v.costs)/mean(plain.costs), v.name+"/"+plain.name)
		b.ReportMetric(median(ratios), v.name+"/"+plain.name+"-median")
	}
}

func mean(values []float64) float64 {
	var sum float64
	for _, value := range values {
		sum += value
	}
	return sum / float64(len(values))
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// edge is a running server with a plain and a gated site before one origin.
type edge struct {
	plain, gated string
	cookie       string // of a visitor who allowed everything
	pid          int
	client       *http.Client
}

func startEdge(b *testing.B, origin string) *edge {
	b.Helper()
	dir := b.TempDir()
	binary := filepath.Join(dir, "consentgate")
	build := exec.Command("go", "build", "-o", binary, "../cmd/consentgate")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("building the server: %v\n%s", err, out)
	}
	plain, gated := freeAddress(b), freeAddress(b)
	config := filepath.Join(dir, "Caddyfile")
	text := fmt.Sprintf(`{
	admin off
	persist_config off
	storage file_system %[1]s/caddy
	log {
		level ERROR
	}
	consent {
		storage sqlite %[1]s/data
		cross_border allow
	}
}
http://%[2]s {
	encode zstd gzip
	reverse_proxy %[4]s
}
http://%[3]s {
	encode zstd gzip
	consent_gate
	reverse_proxy %[4]s
}
`, dir, plain, gated, strings.TrimPrefix(origin, "http://"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	server := exec.Command(binary, "run", "--config", config)
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		server.Process.Signal(os.Interrupt)
		server.Wait()
	})
	e := &edge{
		plain: "http://" + plain, gated: "http://" + gated, pid: server.Process.Pid,
		client: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 4},
		},
	}
	e.waitUntilReady(b)
	e.cookie = e.accept(b)
	return e
}

func freeAddress(b *testing.B) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (e *edge) waitUntilReady(b *testing.B) {
	deadline := time.Now().Add(30 * time.Second)
	for {
		response, err := e.client.Get(e.gated + "/.privacy/state")
		if err == nil {
			response.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			b.Fatalf("the server doesn't answer: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (e *edge) accept(b *testing.B) string {
	request, err := http.NewRequest(http.MethodPost, e.gated+"/.privacy/choice", strings.NewReader(url.Values{"choice": {"accept"}}.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	response, err := e.client.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	response.Body.Close()
	for _, cookie := range response.Cookies() {
		if cookie.Name == "privacy_choice" {
			return cookie.Name + "=" + cookie.Value
		}
	}
	b.Fatalf("the choice was answered %s without a cookie", response.Status)
	return ""
}

func (e *edge) get(b *testing.B, address, encoding string, header http.Header) {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		b.Fatal(err)
	}
	request.Header = http.Header{
		"Accept":          {"text/html,application/xhtml+xml,*/*;q=0.8"},
		"Accept-Encoding": {encoding},
		"Accept-Language": {"ru-RU,ru;q=0.9"},
		"Sec-Fetch-Dest":  {"document"},
		"Sec-Fetch-Mode":  {"navigate"},
		"User-Agent":      {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"},
	}
	maps.Copy(request.Header, header)
	response, err := e.client.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s, %v", address, response.Status, err)
	}
}

// cpu returns the time that the threads of a process have spent on a processor
// (/proc/PID/schedstat would tell that of the main thread alone).
func cpu(b *testing.B, pid int) (total time.Duration) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		b.Fatal(err)
	}
	for _, task := range tasks {
		raw, err := os.ReadFile(task)
		if err != nil {
			continue // a thread that has ended
		}
		onCPU, err := strconv.ParseInt(strings.Fields(string(raw))[0], 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		total += time.Duration(onCPU)
	}
	if total == 0 {
		b.Fatalf("the kernel tells no processor time of process %d in schedstat: is CONFIG_SCHED_INFO on?", pid)
	}
	return total
}
