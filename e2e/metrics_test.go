package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
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

// metric returns the value of one line of /metrics.
func metric(t *testing.T, text, name string) float64 {
	t.Helper()
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name+" ")
		if !ok {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		return value
	}
	t.Fatalf("there is no %s", name)
	return 0
}

// An operator's Prometheus sees what visitors did.
func TestPrometheusSeesWhatHappened(t *testing.T) {
	s := startServer(t)
	one, two, three := newVisitor(t), newVisitor(t), newVisitor(t)
	for _, v := range []*visitor{one, two, three} {
		v.get(s.url("/"))
	}
	one.choose(s, "refuse")
	two.choose(s, "accept")
	three.choose(s, "accept")
	three.choose(s, "withdraw")
	response, _, err := one.try(http.MethodGet, s.url("/matomo.php?idsite=1&rec=1"), nil)
	if err != nil || response.StatusCode != http.StatusNoContent {
		t.Fatal(response, err)
	}
	eventually(t, "the demo's expired records are destroyed", func() error {
		if text := s.metrics(); !strings.Contains(text, `consentgate_destroyed_rows_total{kind="demo24",reason="window_ended"} 25`) {
			return fmt.Errorf("not counted yet")
		}
		return nil
	})
	text := s.metrics()
	for name, want := range map[string]float64{
		"consentgate_banner_shown_total":                                           3,
		`consentgate_choices_total{choice="refused",method="banner"}`:              1,
		`consentgate_choices_total{choice="given",method="banner"}`:                2,
		`consentgate_choices_total{choice="withdrawn",method="banner"}`:            1,
		`consentgate_blocked_total{layer="element",service="youtube"}`:             3,
		`consentgate_blocked_total{layer="inline",service="matomo"}`:               3,
		`consentgate_blocked_total{layer="set_cookie",service="ga4"}`:              3,
		`consentgate_blocked_total{layer="collector",service="matomo"}`:            1,
		`consentgate_destroyed_rows_total{kind="demo14",reason="window_ended"}`:    25,
		`consentgate_ledger_verify_ok`:                                             1,
		`consentgate_erasure_residual_bytes`:                                       0,
		`consentgate_purge_overdue_parts`:                                          0,
		`consentgate_dropped_visits_total`:                                         0,
		`consentgate_edition_info{edition="2025-03-12"}`:                           1,
		`consentgate_destroyed_rows_total{kind="visits",reason="consent_revoked"}`: 1,
	} {
		if got := metric(t, text, name); got != want {
			t.Errorf("%s is %g, not %g", name, got, want)
		}
	}
	checkMetrics(t, text)

	ask := startPrometheus(t, s)
	for query, want := range map[string]string{
		`sum(consentgate_choices_total{choice="given"})`:                    "2",
		`consentgate_banner_shown_total`:                                    "3",
		`sum(consentgate_blocked_total{layer="element",service="youtube"})`: "3",
		`consentgate_ledger_verify_ok`:                                      "1",
	} {
		eventually(t, query+" is "+want, func() error {
			got, err := ask(query)
			if err == nil && !slices.Equal(got, []string{want}) {
				err = fmt.Errorf("it is %q", got)
			}
			return err
		})
	}
}

// checkMetrics lets promtool judge names, units and help texts of ours.
func checkMetrics(t *testing.T, text string) {
	t.Helper()
	var ours strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimLeft(line, "# HELPTY"), "consentgate_") {
			ours.WriteString(line)
		}
	}
	check := exec.Command(tool(t, "promtool"), "check", "metrics")
	check.Stdin = strings.NewReader(ours.String())
	if output, err := check.CombinedOutput(); err != nil || len(output) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, output)
	}
}

// startPrometheus lets Debian's Prometheus scrape the server each second, and
// returns a function that asks it for the values of a query.
func startPrometheus(t *testing.T, s *server) func(query string) ([]string, error) {
	t.Helper()
	dir := t.TempDir()
	address := fmt.Sprint("127.0.0.1:", freePorts(t, 1)[0])
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: consentgate\n  static_configs:\n  - targets: [%q]\n", s.adminAddress())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	prometheus := exec.Command(tool(t, "prometheus"), "--config.file="+config,
		"--storage.tsdb.path="+filepath.Join(dir, "tsdb"), "--web.listen-address="+address, "--log.level=error")
	prometheus.Stderr = os.Stderr
	if err := prometheus.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		prometheus.Process.Signal(os.Interrupt)
		kill := time.AfterFunc(patience, func() { prometheus.Process.Kill() })
		prometheus.Wait() // how it ends isn't judged
		kill.Stop()
	})
	return func(query string) ([]string, error) {
		response, err := http.Get("http://" + address + "/api/v1/query?" + url.Values{"query": {query}}.Encode())
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		var answer struct {
			Error string
			Data  struct {
				Result []struct{ Value [2]any }
			}
		}
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
			return nil, err
		}
		if answer.Error != "" {
			return nil, errors.New(answer.Error)
		}
		var values []string
		for _, result := range answer.Data.Result {
			values = append(values, fmt.Sprint(result.Value[1]))
		}
		return values, nil
	}
}
