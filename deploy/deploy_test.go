// Package deploy holds what an operator installs beside the server. Its tests
// keep that in step with the code.
package deploy

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func promtool(t *testing.T, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "promtool", args...)
	command.Dir = "prometheus"
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v (make tools installs it)\n%s", strings.Join(args, " "), err, out)
	}
}

// TestAlertRules runs the rules against made-up series.
func TestAlertRules(t *testing.T) {
	promtool(t, "check", "rules", "consentgate.rules.yml")
	promtool(t, "test", "rules", "consentgate_test.yml")
}

func find(t *testing.T, file, pattern string) []string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(raw), -1) {
		found = append(found, match[1])
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// exportedMetrics are the names that the server registers.
func exportedMetrics(t *testing.T) []string {
	t.Helper()
	exported := find(t, "../module/metrics.go", `(?:counter\(|vector\(|gauge\(|histogram\(|describe\(|Name: )"([a-z_]+)"`)
	if len(exported) < 30 {
		t.Fatalf("module/metrics.go shows only %d metrics: %q", len(exported), exported)
	}
	return exported
}

// TestRulesUseMetricsThatExist pins the names: Prometheus never complains about a
// metric that isn't there, the alert is just silent.
func TestRulesUseMetricsThatExist(t *testing.T) {
	exported := exportedMetrics(t)
	for _, name := range find(t, "prometheus/consentgate.rules.yml", `\bconsentgate_([a-z_]+)`) {
		if !slices.Contains(exported, name) {
			t.Errorf("consentgate_%s isn't a metric of module/metrics.go", name)
		}
	}
}

// TestEachAlertIsTested pins that every alert is seen to fire and to be silent.
func TestEachAlertIsTested(t *testing.T) {
	const tests = "prometheus/consentgate_test.yml"
	fires := find(t, tests, `alertname: (\w+)\n\s+exp_alerts:`)
	silent := find(t, tests, `alertname: (\w+)\}`)
	for _, alert := range find(t, "prometheus/consentgate.rules.yml", `- alert: (\w+)`) {
		if !slices.Contains(fires, alert) {
			t.Errorf("no test sees %s fire", alert)
		}
		if !slices.Contains(silent, alert) {
			t.Errorf("no test sees %s silent", alert)
		}
	}
}

// TestEachAlertSaysWhatToDo pins a summary and a description for whoever is woken
// up.
func TestEachAlertSaysWhatToDo(t *testing.T) {
	raw, err := os.ReadFile("prometheus/consentgate.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range strings.Split(string(raw), "- alert: ")[1:] {
		for _, part := range []string{"severity:", "summary:", "description:"} {
			if !strings.Contains(rule, part) {
				t.Errorf("%s has no %s", strings.Fields(rule)[0], part)
			}
		}
	}
}
