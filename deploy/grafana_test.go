package deploy

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// dashboard is what is read of Grafana's JSON model.
type dashboard struct {
	Inputs []struct {
		Name, Type, PluginID string
	} `json:"__inputs"`
	Requires      []struct{ Type, ID string } `json:"__requires"`
	UID           string
	SchemaVersion int
	Panels        []panel
	Templating    struct {
		List []struct {
			Name, Type, Definition string
			Datasource             *source
		}
	}
}

type panel struct {
	ID                       int
	Type, Title, Description string
	Datasource               source
	GridPos                  struct{ X, Y, W, H int }
	FieldConfig              struct{ Defaults struct{ Unit string } }
	Targets                  []struct {
		Datasource                source
		Expr, LegendFormat, RefID string
	}
}

type source struct{ Type, UID string }

func loadDashboard(t *testing.T) dashboard {
	t.Helper()
	var d dashboard
	if err := json.Unmarshal([]byte(read(t, "grafana/consentgate.json")), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDashboardImportsClean pins what Grafana needs of a file that is imported or
// provisioned: one input for the data source, which every panel uses, plugins that
// are named, and a place of its own for each panel.
func TestDashboardImportsClean(t *testing.T) {
	d := loadDashboard(t)
	wanted := source{"prometheus", "${DS_PROMETHEUS}"}
	if len(d.Inputs) != 1 || d.Inputs[0].Name != "DS_PROMETHEUS" || d.Inputs[0].Type != "datasource" || d.Inputs[0].PluginID != wanted.Type {
		t.Errorf("inputs %+v", d.Inputs)
	}
	// A provisioned file gets no inputs: there the variable of that name counts.
	if v := d.Templating.List[0]; v.Name != "DS_PROMETHEUS" || v.Type != "datasource" {
		t.Errorf("the first variable is %+v", v)
	}
	if d.UID == "" || d.SchemaVersion < 39 {
		t.Errorf("uid %q, schema version %d", d.UID, d.SchemaVersion)
	}
	ids, titles, taken := map[int]bool{}, map[string]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] || titles[p.Title] {
			t.Errorf("%d %q is there twice", p.ID, p.Title)
		}
		ids[p.ID], titles[p.Title] = true, true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, full := taken[[2]int{x, y}]; full || x >= 24 {
					t.Fatalf("%q lies over %q or beside the grid", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Title == "" || p.Description == "" || p.FieldConfig.Defaults.Unit == "" || p.Datasource != wanted || len(p.Targets) == 0 {
			t.Errorf("panel %d has no title, description, unit, data source or query: %+v", p.ID, p)
		}
		if !slices.ContainsFunc(d.Requires, func(r struct{ Type, ID string }) bool { return r.Type == "panel" && r.ID == p.Type }) {
			t.Errorf("%q is of the type %s, which the dashboard doesn't require", p.Title, p.Type)
		}
		for _, target := range p.Targets {
			if target.Datasource != wanted || target.Expr == "" || target.LegendFormat == "" || target.RefID == "" {
				t.Errorf("%q has a query without data source, text, legend or letter: %+v", p.Title, target)
			}
		}
	}
}

// queries are the texts that the dashboard sends, its variables filled in.
func queries(d dashboard) (list []string) {
	filled := strings.NewReplacer("$job", ".*", "$instance", ".*", "$__rate_interval", "5m")
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			list = append(list, filled.Replace(target.Expr))
		}
	}
	for _, v := range d.Templating.List {
		if inner, ok := strings.CutPrefix(v.Definition, "label_values("); ok {
			list = append(list, filled.Replace(inner[:strings.LastIndex(inner, ",")]))
		}
	}
	return list
}

// TestDashboardsQueriesParse lets promtool read each query, as a recording rule.
func TestDashboardsQueriesParse(t *testing.T) {
	var rules strings.Builder
	rules.WriteString("groups:\n- name: dashboard\n  rules:\n")
	list := queries(loadDashboard(t))
	if len(list) < 30 {
		t.Fatalf("only %d queries", len(list))
	}
	for i, query := range list {
		if strings.Contains(query, "$") {
			t.Errorf("a variable is left in %s", query)
		}
		fmt.Fprintf(&rules, "  - record: dashboard:query:%d\n    expr: %q\n", i, query)
	}
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(file, []byte(rules.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", file)
}

// TestDashboardShowsEveryMetric pins that the dashboard names only metrics that the
// server has, and leaves none out.
func TestDashboardShowsEveryMetric(t *testing.T) {
	exported := exportedMetrics(t)
	shown := map[string]bool{}
	name := regexp.MustCompile(`\bconsentgate_([a-z_]+)`)
	for _, query := range queries(loadDashboard(t)) {
		for _, match := range name.FindAllStringSubmatch(query, -1) {
			metric := strings.TrimSuffix(match[1], "_bucket")
			shown[metric] = true
			if !slices.Contains(exported, metric) {
				t.Errorf("consentgate_%s isn't a metric of module/metrics.go", metric)
			}
		}
	}
	for _, metric := range exported {
		if !shown[metric] {
			t.Errorf("consentgate_%s is on no panel", metric)
		}
	}
}
