package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestQuickStartIsRight goes the way of docs/quickstart.md, with a site of one's own:
// its Caddyfile asks visitors, the inventory's lines lock the site, and what isn't
// listed can't be reached from then on.
func TestQuickStartIsRight(t *testing.T) {
	page, err := os.ReadFile("../docs/quickstart.md")
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile("(?s)```caddyfile\n(.*?)```").FindSubmatch(page)
	if match == nil {
		t.Fatal("the page has no Caddyfile")
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!doctype html><html lang=ru><head><title>Shop</title>
<script src="https://mc.yandex.ru/metrika/tag.js"></script><script src="https://widget.example/w.js"></script></head><body><p>A page of its own</p></body></html>`)
	}))
	defer site.Close()
	s := newServer(t)
	text := string(match[1])
	for _, change := range [][2]string{
		{"{\n", fmt.Sprintf("{\n\tadmin %s\n\tpersist_config off\n\tstorage file_system ./caddy\n", s.adminAddress())},
		{"\nlocalhost {\n", fmt.Sprintf("\nhttp://localhost:%d {\n", s.edge)},
		{"127.0.0.1:3000", strings.TrimPrefix(site.URL, "http://")},
	} {
		if !strings.Contains(text, change[0]) {
			t.Fatalf("the page's Caddyfile has no %q", change[0])
		}
		text = strings.Replace(text, change[0], change[1], 1)
	}
	validate := func() {
		t.Helper()
		if output, code := s.command("validate", "--config", s.configPath()); code != 0 {
			t.Fatal(output)
		}
	}
	s.writeConfig(text)
	validate()
	if _, err := os.Stat(filepath.Join(s.dir, "records")); err == nil {
		t.Error("validate touches the store")
	}
	s.start()
	policy := func() string {
		t.Helper()
		response, body, err := newVisitor(t).try(http.MethodGet, s.url("/"), nil)
		if err != nil || !hasBanner(body) || !strings.Contains(body, "A page of its own") {
			t.Fatalf("%v: %s", err, body)
		}
		return response.Header.Get("Content-Security-Policy")
	}
	if got := policy(); got != "" {
		t.Errorf("an unlocked site enforces %s", got)
	}

	lines, code := s.command("consent", "inventory", "--caddyfile", "--address", s.adminAddress())
	if code != 0 || !strings.Contains(lines, "yandex_metrica") || !strings.Contains(lines, "widget.example") {
		t.Fatalf("the inventory says %s", lines)
	}
	s.writeConfig(strings.Replace(text, "\tconsent_gate\n", "\tconsent_gate {\n"+lines+"\nunknown block\n}\n", 1))
	validate()
	if output, code := s.command("reload", "--config", s.configPath()); code != 0 {
		t.Fatal(output)
	}
	if got := policy(); !strings.Contains(got, "default-src 'self'") || strings.Contains(got, "mc.yandex") || strings.Contains(got, "widget") {
		t.Errorf("the locked site's policy is %q after\n%s", got, lines)
	}
	if output, code := s.command("consent", "status", "--address", s.adminAddress()); code != 0 {
		t.Errorf("status: %s", output)
	}
}
