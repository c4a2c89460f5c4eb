package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"
)

func cpu(pid string) float64 {
	raw, _ := os.ReadDir("/proc/" + pid + "/task")
	var total int64
	for _, d := range raw {
		b, err := os.ReadFile("/proc/" + pid + "/task/" + d.Name() + "/schedstat")
		if err == nil {
			n, _ := strconv.ParseInt(strings.Fields(string(b))[0], 10, 64)
			total += n
		}
	}
	return float64(total) / 1e3
}

// usage: zz origin | zz load PID rounds n path enc url...
func main() {
	if os.Args[1] == "origin" {
		l, _ := net.Listen("tcp", "127.0.0.1:8870")
		http.Serve(l, http.HandlerFunc(servePage))
	}
	pid, path, enc := os.Args[2], os.Args[5], os.Args[6]
	rounds, _ := strconv.Atoi(os.Args[3])
	n, _ := strconv.Atoi(os.Args[4])
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 4}}
	urls := os.Args[7:]
	costs := make([][]float64, len(urls))
	get := func(u string) {
		cookie := ""
		if i := strings.IndexByte(u, '|'); i >= 0 {
			u, cookie = u[:i], u[i+1:]
		}
		r, _ := http.NewRequest("GET", u+path, nil)
		r.Header = http.Header{"Accept": {"text/html"}, "Accept-Encoding": {enc}, "Accept-Language": {"ru"}, "Sec-Fetch-Dest": {"document"}, "Sec-Fetch-Mode": {"navigate"},
			"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"}}
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		resp, err := client.Do(r)
		if err != nil {
			panic(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	for r := -1; r < rounds; r++ {
		for i, u := range urls {
			b := cpu(pid)
			for range n {
				get(u)
			}
			if r >= 0 {
				costs[i] = append(costs[i], (cpu(pid)-b)/float64(n))
			}
		}
	}
	_ = time.Now
	med := func(v []float64) float64 { sort.Float64s(v); return v[len(v)/2] }
	var ratios [][]float64 = make([][]float64, len(urls))
	for i := range urls {
		for r := range costs[i] {
			ratios[i] = append(ratios[i], costs[i][r]/costs[0][r])
		}
	}
	for i, u := range urls {
		fmt.Printf("%-40.40s %8.1f µs  ratio %.3f\n", u, med(append([]float64{}, costs[i]...)), med(ratios[i]))
	}
}
