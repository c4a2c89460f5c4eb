package retention_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/internal/retention"
	"github.com/mamen-ai/consentgate/storage"
	"github.com/mamen-ai/consentgate/storage/sqlite"
	"github.com/mamen-ai/consentgate/storage/storagetest"
)

// The whole way, on a real database: collected over 26 months, purged by ticks,
// counted by what is left.
func TestWindowsEndOnARealDatabase(t *testing.T) {
	almaty, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 2, 28, 0, 0, 0, 0, almaty) // 14 months after 2024-12-28, -29, -30 and -31
	clock := storagetest.NewClock(now)
	store, err := sqlite.Open(t.Context(), sqlite.Options{
		Dir: t.TempDir(), Location: almaty, Clock: clock.Now,
		Window: func(kind string) policy.Window {
			if kind == "audience" {
				return policy.Months24
			}
			return policy.Months14
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	id := consent.NewID()
	var visits []storage.Visit
	for _, collected := range []string{
		"2024-02-27", "2024-02-28", "2024-02-29", "2024-12-27", "2024-12-28", "2024-12-31", "2025-01-01", "2026-02-27",
	} {
		at, err := time.ParseInLocation(time.DateTime, collected+" 23:59:59", almaty)
		if err != nil {
			t.Fatal(err)
		}
		visits = append(visits, storage.Visit{At: at, ConsentID: id, Services: []storage.VisitService{
			{Service: "matomo"}, {Service: "ads", Kind: "audience"}}})
	}
	if err := store.Seed(t.Context(), visits); err != nil {
		t.Fatal(err)
	}
	p := retention.New(retention.Options{Store: store, Location: almaty, Clock: clock.Now})
	due, err := p.Due(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantDue := map[string]bool{
		"ip_audience_20240227": true, "ip_audience_20240228": true, "ip_audience_20240229": true,
		"ip_visits_20240227": true, "ip_visits_20240228": true, "ip_visits_20240229": true,
		"ip_visits_20241227": true, "ip_visits_20241228": true, "ip_visits_20241231": true,
		"visits_visits_20240227": true, "visits_visits_20240228": true, "visits_visits_20240229": true,
		"visits_visits_20241227": true, "visits_visits_20241228": true, "visits_visits_20241231": true,
	}
	for _, part := range due {
		if !wantDue[part.Name] {
			t.Errorf("%s is due", part.Name)
		}
	}
	if len(due) != len(wantDue) {
		t.Errorf("%d parts due, want %d", len(due), len(wantDue))
	}
	dropped := 0
	for overdue := -1; overdue != 0; {
		result, err := p.Tick(t.Context(), false)
		if err != nil || result.Residual != 0 || result.ClockTripped {
			t.Fatalf("tick %+v, %v", result, err)
		}
		overdue = result.Overdue
		dropped += len(result.Dropped)
	}
	if dropped != len(wantDue) {
		t.Errorf("%d parts dropped, want %d", dropped, len(wantDue))
	}
	parts, err := store.Parts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if want := wantDue[part.Name]; (part.State == storage.Scrubbed) != want {
			t.Errorf("%s is %s", part.Name, part.State)
		}
	}
	v, err := store.Verify(t.Context())
	if err != nil || !v.OK || v.Residual != 0 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	if mark, err := store.ClockMark(t.Context()); err != nil || !mark.Equal(now) {
		t.Errorf("mark %v, %v", mark, err)
	}
	held, err := store.Held(t.Context(), id)
	if err != nil || len(held.Visits) != 2 || len(held.IPs) != 2+5 {
		t.Errorf("%d visits, %d IPs, %v", len(held.Visits), len(held.IPs), err)
	}
}
