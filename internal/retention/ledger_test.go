package retention

import (
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/storage"
)

// A month that is sealed too early is a false witness, and one destroyed too
// early is lost: both need a clock that is trusted.
func TestLedgerAgesOnlyByATrustedClock(t *testing.T) {
	for name, test := range map[string]struct {
		mark    time.Time
		force   bool
		trusted bool
	}{
		"trusted":  {start, false, true},
		"behind":   {start.Add(day), false, false},
		"unproven": {start.AddDate(-1, 0, 0), false, false},
		"forced":   {start.Add(day), true, true},
	} {
		store := &memory{mark: test.mark, aged: []storage.Act{{Part: "ledger_2020-01"}}, forgotten: storage.Act{Part: "requests", Rows: 1}}
		p := New(Options{Store: store, Location: time.UTC, Clock: func() time.Time { return start }})
		result, err := p.Tick(t.Context(), test.force)
		if err != nil || (store.sealed == 1) != test.trusted || (len(result.Dropped) == 2) != test.trusted {
			t.Errorf("%s: sealed %d times, dropped %v, %v", name, store.sealed, names(result.Dropped), err)
		}
	}
}
