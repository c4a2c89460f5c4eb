package module_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/policytest"
)

// Policy 3.1 row 7: a kind of analytics that the configuration doesn't name is
// kept for 14 months, one that has a window of its own for that.
func TestKindsWithoutAWindowEndAfter14Months(t *testing.T) {
	for gate, want := range map[string]map[string]int{
		"":                       {"visits": 14},
		"service yandex_metrica": {"visits": 14},
		"service yandex_metrica {\nwindow 24mo\n}": {"visits": 14, "yandex_metrica": 24},
		"service yandex_metrica {\nwindow 14mo\n}": {"visits": 14, "yandex_metrica": 14},
	} {
		t.Run(gate, func(t *testing.T) {
			e := start(t, options{gate: gate, app: "cross_border allow"})
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, trackerPage) })
			v := e.visit(t)
			v.choose("accept")
			v.get("/").want(t, 200)
			held := e.heldUnder(v.consentID())
			found := map[string]bool{}
			for _, list := range []string{"ip_records", "visits"} {
				records, _ := held[list].([]any)
				for _, item := range records {
					record := item.(map[string]any)
					kind := record["kind"].(string)
					at, deleteBy := moment(t, record["at"]), moment(t, record["delete_by"])
					found[kind] = true
					if early := policytest.WindowEnd(at, want[kind]).Sub(deleteBy); early < 0 || early >= 24*time.Hour {
						t.Errorf("a record of %s of %v is to be deleted at %v", kind, at, deleteBy)
					}
				}
			}
			if len(found) != len(want) {
				t.Errorf("records of %v, want those of %v", found, want)
			}
		})
	}
}

func moment(t *testing.T, value any) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, value.(string))
	if err != nil {
		t.Fatal(err)
	}
	return at
}
