package module_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

// fetchPage asks for a page as a browser does that has the given header lines.
func fetchPage(t *testing.T, method, address, host string, header ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// TestOperatorsPageShowsWhatHappened pins the page of the admin API: what visitors
// did, in three languages, and nobody of them.
func TestOperatorsPageShowsWhatHappened(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		writePage(w, strings.Replace(trackerPage, "</head>", `<script src="https://unheard.example/a.js"></script></head>`, 1))
	})
	var ids []string
	for i := range 6 {
		v := e.person(t)
		v.get("/")
		v.choose("accept")
		v.get("/shared")
		ids = append(ids, v.consentID())
		if i == 0 {
			v.get("/told-by-one")
			v.get("/told-by-one")
		}
	}
	e.person(t).choose("refuse")
	e.wantCommand(0, []string{"request", "add", "--received", daysAgo(t, 30), "--kind", "erase"})
	address := "http://" + e.admin + "/consent/"
	for language, words := range map[string][]string{
		"en": {"Opt-in rate", "A promise isn&#39;t kept", "overdue", "others, and what fewer than five"},
		"ru": {"Доля согласий", "Есть невыполненное обещание", "просрочено", "прочие"},
		"kk": {"Келісім үлесі", "Орындалмаған уәде бар", "мерзімі өтті", "басқалары"},
	} {
		response, page := fetchPage(t, http.MethodGet, address, e.admin, "Accept-Language", language)
		if _, chosen := fetchPage(t, http.MethodGet, address+"?lang="+language, e.admin, "Accept-Language", "de"); !strings.Contains(chosen, `lang="`+language+`"`) {
			t.Errorf("?lang=%s isn't heeded", language)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Content-Language": language, "X-Content-Type-Options": "nosniff",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := response.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if csp := response.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") {
			t.Errorf("policy %q", csp)
		}
		for _, word := range append(words, "85.7%", "Yandex", "unheard.example", "shop.test/shared", "Firefox", "<svg") {
			if !strings.Contains(page, word) {
				t.Errorf("%s: the page doesn't say %q", language, word)
			}
		}
		for _, word := range append(ids, "203.0.113", "told-by-one") {
			if strings.Contains(page, word) {
				t.Errorf("%s: the page says %q", language, word)
			}
		}
	}
	for _, wrong := range []struct {
		method, path, host string
		header             []string
		status             int
	}{
		{http.MethodGet, "", "rebound.example", nil, 403},
		{http.MethodGet, "", e.admin, []string{"Origin", "https://evil.example"}, 403},
		{http.MethodGet, "", e.admin, []string{"Sec-Fetch-Mode", "no-cors"}, 400},
		{http.MethodPost, "", e.admin, nil, 405},
		{http.MethodGet, "nothing", e.admin, nil, 404},
	} {
		response, page := fetchPage(t, wrong.method, address+wrong.path, wrong.host, wrong.header...)
		if response.StatusCode != wrong.status || strings.Contains(page, "<html") {
			t.Errorf("%+v: %s", wrong, response.Status)
		}
	}
}

// TestPageCommandShowsThePageToThisMachine pins the way for a browser, which Caddy's
// admin API refuses: by a name of this machine alone.
func TestPageCommandShowsThePageToThisMachine(t *testing.T) {
	e := start(t, options{})
	e.wantCommand(0, []string{"page", "--html", "--lang", "ru"}, "<!doctype html>", `lang="ru"`)
	e.wantCommand(2, []string{"page", "--lang", "de"}, `--lang "de"`, "kk")
	e.wantCommand(2, []string{"page", "--listen", "0.0.0.0:0"}, "of this machine alone")
	e.wantCommand(2, []string{"page", "--json"}, "report --json")
	e.wantCommand(1, []string{"page", "--address", net.JoinHostPort(e.ip, freePort(t, e.ip))}, "is a server with consent_gate running there")
	e.wantCommand(1, []string{"page", "--listen", e.admin}, "name another by --listen")

	ctx, stop := context.WithCancel(t.Context())
	root := &cobra.Command{Use: "consent"}
	caddycmd.Commands()["consent"].CobraFunc(root)
	said, out := io.Pipe()
	root.SetOut(out)
	root.SetArgs([]string{"--address", e.admin, "page", "--listen", net.JoinHostPort(e.ip, "0"), "--lang", "kk"})
	ended := make(chan error, 1)
	go func() { ended <- root.ExecuteContext(ctx) }()
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := strings.Fields(line)[0]
	host := filepath.Base(address)
	browser := []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "none", "Accept-Language", "ru"}
	response, page := fetchPage(t, http.MethodGet, address, host, browser...)
	if response.StatusCode != 200 || !strings.Contains(page, `lang="kk"`) || response.Header.Get("Cache-Control") != "no-store" || response.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("%s %v", response.Status, response.Header)
	}
	if _, page := fetchPage(t, http.MethodGet, address+"?lang=en", host, browser...); !strings.Contains(page, `lang="en"`) {
		t.Error("the link to another language leads nowhere")
	}
	for _, wrong := range []struct {
		method, path, host string
		status             int
	}{{"GET", "", "rebound.example", 403}, {"GET", "x", host, 404}, {"POST", "", host, 405}} {
		if response, page := fetchPage(t, wrong.method, address+wrong.path, wrong.host); response.StatusCode != wrong.status || strings.Contains(page, "<html") {
			t.Errorf("%+v: %s", wrong, response.Status)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(fmt.Errorf("the command ends with %w", err))
	}
}
