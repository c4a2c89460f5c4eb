package sqlite

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/storage"
)

// TestStatisticsReadTheirPeriodOnly pins that no query walks the whole ledger or
// all acts: a month that has few is cheap beside millions of rows.
func TestStatisticsReadTheirPeriodOnly(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	db := raw(t, s.path)
	for query, want := range map[string]string{
		countChoices: "SEARCH ledger USING INDEX ledger_event (event=? AND at>? AND at<?)",
		countEvents:  "SEARCH ledger USING COVERING INDEX ledger_event (event=? AND at>? AND at<?)",
		sumActs:      "SEARCH acts USING INDEX acts_at (at>? AND at<?)",
	} {
		args := []any{"given", 0, 1}
		if strings.Count(query, "?") == 2 {
			args = args[1:]
		}
		rows, err := db.Query("EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var plan string
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			plan += step + "\n"
		}
		if !strings.Contains(plan, want) || strings.Contains(plan, "SCAN") {
			t.Errorf("%s\nis done by\n%s", query, plan)
		}
	}
}

// BenchmarkMonthOfStatistics counts one month with 1,000 choices beside a million
// in the month before.
func BenchmarkMonthOfStatistics(b *testing.B) {
	s, _ := openAt(b, b.TempDir())
	db := raw(b, s.path)
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, s.location)
	fill := func(rows int, start time.Time, first int) {
		b.Helper()
		_, err := db.Exec(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
			INSERT INTO ledger SELECT ? + i, i, '', CASE i % 3 WHEN 0 THEN 'given' ELSE 'refused' END, ? + i * (2500000000 / ?), 0, '[]', '[]', '', '', '',
			CASE i % 2 WHEN 0 THEN 'kk' ELSE 'ru' END, 'banner', '', '', '', 0, i % 5 = 0, '', '', '', '', '', '', 2 FROM n`, rows, first, millis(start), rows)
		if err != nil {
			b.Fatal(err)
		}
	}
	fill(1_000_000, from.AddDate(0, -1, 0), 1)
	fill(1_000, from, 1_000_001)
	b.ResetTimer()
	for b.Loop() {
		counts, err := s.Choices(b.Context(), from, from.AddDate(0, 1, 0))
		if err != nil || len(counts) == 0 {
			b.Fatal(len(counts), err)
		}
	}
	var all int64
	counts, err := s.EventsBetween(b.Context(), from, from.AddDate(0, 1, 0))
	for _, count := range counts {
		all += count
	}
	if all != 1_000 || err != nil || counts[storage.Given] != 334 {
		b.Fatal(fmt.Sprint(counts), err)
	}
}
