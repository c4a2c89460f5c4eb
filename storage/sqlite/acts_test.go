package sqlite

import (
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/internal/retention"
	"github.com/mamen-ai/consentgate/storage"
)

// liveRow is a record as SQLite has it, and what identifies it.
type liveRow struct {
	part string // day table, or month of the ledger
	at   int64
	id   string
}

// liveRows reads all day tables and the ledger past the store's own methods.
func liveRows(t *testing.T, db *sql.DB, location *time.Location) map[liveRow]int {
	t.Helper()
	live := map[liveRow]int{}
	add := func(query string, part func(at int64) string) {
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var row liveRow
			if err := rows.Scan(&row.at, &row.id); err != nil {
				t.Fatal(err)
			}
			row.part = part(row.at)
			live[row]++
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range columnOf(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND (name GLOB 'ip_*' OR name GLOB 'visits_*')") {
		add(fmt.Sprintf("SELECT at, hex(consent_id) FROM %q WHERE id > 0", table), func(int64) string { return table })
	}
	add("SELECT at, record_id FROM ledger", func(at int64) string { return fromMillis(at).In(location).Format("ledger_2006-01") })
	return live
}

// columnOf returns what a query for one column of text finds.
func columnOf(t *testing.T, db *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

// difference returns what before has and after hasn't.
func difference(before, after map[liveRow]int) map[liveRow]int {
	gone := map[liveRow]int{}
	for row, n := range before {
		if n > after[row] {
			gone[row] = n - after[row]
		}
	}
	return gone
}

// Policy 3.6.3: each destruction has its act, with reason, actor, rows, range and
// scrub, and nothing goes without one. Months of visits, consents, withdrawals,
// erasures, ticks and scrubs in a random order are held against what the tables
// have before and after each.
func TestNothingGoesWithoutAnAct(t *testing.T) {
	const seed, steps = 191240029778, 220
	random := rand.New(rand.NewPCG(seed, 0))
	s, clock := openAt(t, t.TempDir(), withKey(1), func(o *Options) {
		o.Window = func(kind string) policy.Window {
			if kind == "audience" {
				return policy.Months24
			}
			return policy.Months14
		}
	})
	began := clock.Now()
	purger := retention.New(retention.Options{Store: s, Location: s.location, Clock: clock.Now,
		Running: func() time.Duration { return clock.Now().Sub(began) }})
	visitors := newCrowd(12, fixedRows).ids()
	db := raw(t, s.path)
	acts, before := 0, liveRows(t, db, s.location)
	reasons := map[storage.Reason]int{}
	// judge compares the tables with the acts written since the step before.
	judge := func(step int, actor string, possible ...storage.Reason) {
		t.Helper()
		after := liveRows(t, db, s.location)
		gone := difference(before, after)
		all := mustActs(t, s)
		for _, act := range all[:len(all)-acts] {
			var rows, first, last int64
			for row, n := range gone {
				if row.part == act.Part {
					rows += int64(n)
					if first == 0 || row.at < first {
						first = row.at
					}
					last = max(last, row.at)
				}
			}
			if act.Rows != rows || millis(act.From) != first || millis(act.To) != last || act.Actor != actor ||
				!slices.Contains(possible, act.Reason) || !act.At.Equal(clock.Now()) || act.Kind == "" {
				t.Fatalf("step %d: act %+v, and %d rows from %d to %d are gone by %s for %v (seed %d)", step, act, rows, first, last, actor, possible, seed)
			}
			maps.DeleteFunc(gone, func(row liveRow, _ int) bool { return row.part == act.Part })
			reasons[act.Reason]++
		}
		if len(gone) > 0 {
			t.Fatalf("step %d: gone without an act: %v (seed %d)", step, gone, seed)
		}
		acts, before = len(all), after
	}
	for step := range steps {
		visitor := visitors[random.IntN(len(visitors))]
		switch random.IntN(8) {
		case 0, 1: // allows it, again after a revocation
			row := someConsent(visitor)
			row.At = clock.Now()
			person := newCrowd(1, fixedRows).visits[0].Person
			if _, err := s.AppendConsent(t.Context(), row, &person); err != nil {
				t.Fatal(err)
			}
			judge(step, "")
		case 2, 3, 4:
			for range 1 + random.IntN(5) {
				visit := newCrowdOf([]consent.ID{visitor}, rowShape(random.IntN(2)), clock.Now()).visits[0]
				if random.IntN(2) == 0 {
					visit.Services = append(visit.Services, storage.VisitService{Service: "ads", Kind: "audience"})
				}
				if !s.AppendVisit(visit) {
					t.Fatal("AppendVisit: false")
				}
			}
			if err := s.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
			judge(step, "")
		case 5:
			clock.Set(clock.Now().Add(time.Duration(random.IntN(200*24)) * time.Hour))
			if _, err := purger.Tick(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			judge(step, "scheduler", storage.WindowEnded, storage.TermEnded)
		case 6:
			event := []storage.Event{storage.Withdrawn, storage.Erased}[random.IntN(2)]
			if _, err := s.AppendConsent(t.Context(), storage.Consent{ConsentID: visitor, Event: event, At: clock.Now()}, nil); err != nil {
				t.Fatal(err)
			}
			judge(step, "")
			reason, _ := event.Revokes()
			if random.IntN(2) == 0 { // the process ends here; its next start does it
				if _, err := purger.Tick(t.Context(), false); err != nil {
					t.Fatal(err)
				}
				judge(step, "scheduler", reason, storage.WindowEnded, storage.TermEnded)
				break
			}
			if _, err := s.Erase(t.Context(), visitor, reason, "visitor"); err != nil {
				t.Fatal(err)
			}
			judge(step, "visitor", reason)
		case 7:
			scrub(t, s)
			judge(step, "")
		}
	}
	scrub(t, s)
	for _, act := range mustActs(t, s) {
		if act.Scrubbed.IsZero() || act.Residual != 0 || act.Scrubbed.Before(act.At) {
			t.Errorf("act %+v", act)
		}
	}
	for _, reason := range []storage.Reason{storage.WindowEnded, storage.ConsentRevoked, storage.SubjectRequest, storage.TermEnded} {
		if reasons[reason] < 3 {
			t.Errorf("%d acts of %s: the test has tried too little (seed %d)", reasons[reason], reason, seed)
		}
	}
	t.Logf("%d acts: %v", acts, reasons)
}
