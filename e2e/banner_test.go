package e2e

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// file returns the file of the demo site behind a page.
func file(t *testing.T, page string) []byte {
	t.Helper()
	if page == "/" {
		page = "/index.html"
	}
	raw, err := os.ReadFile(path.Join("../examples/site", page))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The origin stops after the body's tag and goes on only when the banner has
// arrived: a banner that waits for more of the page never comes.
func TestBannerIsInTheFirstFlushedBytesOfEveryPage(t *testing.T) {
	s := newServer(t)
	arrived := make(chan struct{}, 1)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, rest, _ := bytes.Cut(file(t, r.URL.Path), []byte("<body>"))
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(append(start, "<body>"...))
		http.NewResponseController(w).Flush()
		select {
		case <-arrived:
			w.Write(rest)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(origin.Close)
	s.env = append(s.env, "UPSTREAM="+origin.URL)
	s.start()
	for _, coding := range []string{"identity", "gzip"} {
		for _, page := range pages {
			t.Run(coding+" "+page, func(t *testing.T) {
				v := newVisitor(t)
				v.header.Set("Accept-Encoding", coding)
				request, err := http.NewRequest(http.MethodGet, s.url(page), nil)
				if err != nil {
					t.Fatal(err)
				}
				request.Header = v.header
				response, err := v.client.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				if got := response.Header.Get("Content-Encoding"); got != strings.TrimPrefix(coding, "identity") {
					t.Fatalf("the page came as %q", got)
				}
				body := io.Reader(response.Body)
				if coding == "gzip" {
					if body, err = gzip.NewReader(response.Body); err != nil {
						t.Fatal(err)
					}
				}
				var got bytes.Buffer
				chunk := make([]byte, 4096)
				for !bytes.Contains(got.Bytes(), []byte("value=accept")) {
					n, err := body.Read(chunk)
					got.Write(chunk[:n])
					if err != nil {
						t.Fatalf("after %d bytes without the banner: %v", got.Len(), err)
					}
				}
				arrived <- struct{}{}
				if _, err := io.Copy(&got, body); err != nil {
					t.Fatal(err)
				}
				if !strings.HasSuffix(got.String(), "</html>\n") {
					t.Error("the page isn't whole")
				}
			})
		}
	}
}

func TestChoiceHoldsOnEveryPageAndSubdomain(t *testing.T) {
	s := startServer(t)
	b := openBrowser(t, newWorld(t))
	b.visit(s.on("www."+domain, "/"))
	b.choose("accept")
	for _, host := range []string{"www." + domain, domain, "shop." + domain} {
		for _, page := range pages {
			b.visit(s.on(host, page))
			b.until(decided)
		}
	}
	b.visit(s.on("localhost", "/"))
	b.until(asked) // another site, another choice
	if leaks := b.leaks(); len(leaks) > 0 {
		t.Errorf("reached %v", leaks)
	}
}

// Policy 5.1.1: visitors may forbid cookies; the browser's signal says so.
func TestGlobalPrivacyControlIsARefusalWithoutAQuestion(t *testing.T) {
	s := startServer(t)
	v := newVisitor(t)
	v.header.Set("Sec-GPC", "1")
	for _, page := range pages {
		body := v.get(s.url(page))
		if hasBanner(body) || !hasControl(body) {
			t.Errorf("%s: banner %t, control %t", page, hasBanner(body), hasControl(body))
		}
		if !strings.Contains(body, `data-privacy-src="https://www.googletagmanager.com/gtag/js`) {
			t.Errorf("%s: the page isn't gated", page)
		}
	}
	if v.holds(s.url("/"), "privacy_choice") {
		t.Error("a choice was stored that nobody made")
	}
	var status Status
	s.consent(&status, "status")
	if status.Verification.Rows != 0 {
		t.Errorf("the ledger has %d rows", status.Verification.Rows)
	}
}

func TestKnownBotsGetNoBannerAndLeaveNoRecord(t *testing.T) {
	s := startServer(t)
	var before, after Status
	s.consent(&before, "status")
	for _, bot := range []string{
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
	} {
		v := newVisitor(t)
		v.header.Set("User-Agent", bot)
		for _, page := range pages {
			body := v.get(s.url(page))
			if hasBanner(body) || hasControl(body) {
				t.Errorf("%s was asked on %s", bot, page)
			}
			if !strings.Contains(body, `data-privacy-src="https://www.googletagmanager.com/gtag/js`) {
				t.Errorf("%s: %s isn't gated", bot, page)
			}
		}
	}
	s.consent(&after, "status")
	if !slices.EqualFunc(before.Parts, after.Parts, func(a, b Part) bool { return a.Name == b.Name && a.Rows == b.Rows }) {
		t.Errorf("bots left records: %v before, %v after", before.Parts, after.Parts)
	}
}
