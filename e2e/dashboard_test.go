package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestDashboardDrawsWhatHappens asks a Prometheus that watches the edge what each
// panel of the dashboard asks: none stays empty while visitors come.
func TestDashboardDrawsWhatHappens(t *testing.T) {
	raw, err := os.ReadFile("../deploy/grafana/consentgate.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &dashboard); err != nil {
		t.Fatal(err)
	}
	const vendors = "consentgate_vendor_deletion" // drawn once the operator has named the server of a service
	filled := strings.NewReplacer("$job", ".*", "$instance", ".*", "$__rate_interval", "5m")
	s := startServer(t)
	if output, code := s.command("consent", "request", "add", "--kind", "access", "--by", "mail", "--received", today(t).Format(time.DateOnly), "--address", s.adminAddress()); code != 0 {
		t.Fatal(output)
	}
	ask := startPrometheus(t, s)
	eventually(t, "every panel draws something", func() error {
		v := newVisitor(t)
		v.get(s.url("/"))
		v.choose(s, "accept")
		v.get(s.url("/"))
		report := `{"csp-report":{"blocked-uri":"https://mc.yandex.ru/watch/1","disposition":"report"}}`
		response, err := http.Post(s.url("/.privacy/report"), "application/csp-report", strings.NewReader(report))
		if err != nil {
			return err
		}
		response.Body.Close()
		var empty []string
		for _, panel := range dashboard.Panels {
			for _, target := range panel.Targets {
				if strings.Contains(target.Expr, vendors) {
					continue
				}
				values, err := ask(filled.Replace(target.Expr))
				if err != nil {
					return fmt.Errorf("%s: %w", panel.Title, err)
				}
				if len(values) == 0 || slices.Contains(values, "NaN") {
					empty = append(empty, fmt.Sprintf("%s: %q of %s", panel.Title, values, target.Expr))
				}
			}
		}
		if empty != nil {
			return fmt.Errorf("%s", strings.Join(empty, "\n"))
		}
		return nil
	})
}
