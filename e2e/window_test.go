package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Policy 3.6.2 (4), (5) and 3.6.3: what is past its window is destroyed by the
// system itself, with an act, and its bytes are gone. The example's demo option brings made-up visits of two days
// whose windows of 14 and 24 months have ended, and of yesterday.
func TestRunningServerDestroysWhatIsPastItsWindow(t *testing.T) {
	s := startServer(t)
	var status Status
	expired := func(kind string) bool { return kind == "demo14" || kind == "demo24" }
	// A visit lies in two tables: the visits of all kinds, the IP records by kind.
	eventually(t, "the acts are complete", func() error {
		s.consent(&status, "status")
		acts := slices.DeleteFunc(slices.Clone(status.Acts), func(a Act) bool { return a.Scrubbed.IsZero() })
		if len(acts) != 4 {
			return fmt.Errorf("%d acts whose bytes are proven gone: %+v", len(acts), status.Acts)
		}
		return nil
	})
	days := map[string]bool{}
	for _, act := range status.Acts {
		if act.Reason != "window_ended" || act.Actor != "scheduler" || act.Rows != 25 {
			t.Errorf("an act tells %+v", act)
		}
		days[act.Part[strings.LastIndex(act.Part, "_")+1:]] = true
	}
	if len(days) != 2 || len(status.Problems) > 0 {
		t.Errorf("days %v, problems %v", days, status.Problems)
	}
	yesterday := today(t).AddDate(0, 0, -1).Format("20060102")
	live := 0
	for _, part := range status.Parts {
		switch {
		case expired(part.Kind) && part.State != "scrubbed":
			t.Errorf("%s is %s", part.Name, part.State)
		case part.State == "live":
			live++
			if !strings.HasSuffix(part.Name, yesterday) || part.Rows != 25 {
				t.Errorf("%s holds %d records", part.Name, part.Rows)
			}
		}
	}
	if live != 2 {
		t.Errorf("%d day tables are left of yesterday, not 2: %+v", live, status.Parts)
	}
	s.stop()

	// The times of a day's visits but the first and last, which the act tells,
	// stand nowhere but in its rows. SQLite writes them as 6 bytes, the highest
	// first (file format, §2.1).
	count := func(day string) int {
		start, err := time.ParseInLocation("20060102", day, today(t).Location())
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, content := range s.files() {
			for i := 1; i < 24; i++ {
				var ms [8]byte
				binary.BigEndian.PutUint64(ms[:], uint64(start.Add(time.Duration(i)*30*time.Minute).UnixMilli()))
				found += bytes.Count(content, ms[2:])
			}
		}
		return found
	}
	for day := range days {
		if found := count(day); found > 0 {
			t.Errorf("%d times of destroyed visits of %s are still in the files", found, day)
		}
	}
	if found := count(yesterday); found < 2*23 {
		t.Errorf("only %d times of yesterday's visits are found: the search sees too little", found)
	}
}
