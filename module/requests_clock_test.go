package module

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage/sqlite"
	"github.com/prometheus/client_golang/prometheus"
)

// office is an app whose clock the test sets, with a store and without a server:
// the server's clock is the machine's.
type office struct {
	t     *testing.T
	clock atomic.Pointer[time.Time]
	app   *App
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, app: new(App)}
	o.app.now = func() time.Time { return *o.clock.Load() }
	o.app.setDefaults()
	if err := errors.Join(o.app.check(), o.app.readHolidays()); err != nil {
		t.Fatal(err)
	}
	o.at("2026-03-19 10:00")
	o.app.shared = newSharedStore(t.TempDir())
	o.app.metrics = o.app.shared.metrics
	o.app.shared.users = []*App{o.app}
	store, err := sqlite.Open(t.Context(), sqlite.Options{Dir: o.app.shared.dir, Location: o.app.location, Clock: o.app.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	o.app.shared.store = store
	return o
}

// at sets the local time.
func (o *office) at(local string) {
	o.t.Helper()
	now, err := time.ParseInLocation("2006-01-02 15:04", local, o.app.location)
	if err != nil {
		o.t.Fatal(err)
	}
	o.clock.Store(&now)
}

// add records a request.
func (o *office) add(received string) (RequestAnswer, error) {
	o.t.Helper()
	query := url.Values{"kind": {"erase"}, "by": {"letter"}, "received": {received}}
	answer, err := adminAddRequest(httptest.NewRequestWithContext(o.t.Context(), http.MethodPost, "/?"+query.Encode(), nil), o.app, o.app.shared.store)
	if err != nil {
		return RequestAnswer{}, err
	}
	return answer.(RequestAnswer), nil
}

// gauge returns the value of a metric of the store.
func (o *office) gauge(name string) float64 {
	o.t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(o.app.metrics.store)
	families, err := registry.Gather()
	if err != nil {
		o.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "consentgate_"+name {
			return family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	return -1
}

// TestRequestAcrossNauryzIsOverdueAfterItsDay pins the promise of policy 3.4.1 (3)
// at the holidays where the law's 15 days are sooner than the policy's 10 working
// days: the 10th is 7 April, the due day is 3 April, in local days.
func TestRequestAcrossNauryzIsOverdueAfterItsDay(t *testing.T) {
	o := newOffice(t)
	answer, err := o.add("2026-03-19")
	if err != nil || answer.Due != (policy.Day{Year: 2026, Month: time.April, Day: 3}) || !answer.CalendarComplete {
		t.Fatalf("%+v, %v", answer, err)
	}
	for _, step := range []struct {
		at      string
		overdue float64
	}{
		{"2026-03-19 10:00", 0}, {"2026-04-01 00:00", 0}, {"2026-04-03 00:00", 0}, {"2026-04-03 23:59", 0},
		{"2026-04-04 00:00", 1}, {"2026-04-20 12:00", 1},
	} {
		o.at(step.at)
		if open, overdue := o.gauge("requests_open"), o.gauge("requests_overdue"); open != 1 || overdue != step.overdue {
			t.Errorf("%s: %v open, %v overdue, want 1 and %v", step.at, open, overdue, step.overdue)
		}
		end := time.Date(2026, 4, 4, 0, 0, 0, 0, o.app.location)
		if next := o.gauge("requests_next_due_timestamp_seconds"); next != float64(end.Unix()) {
			t.Errorf("%s: the most urgent is due by %v, want %v", step.at, next, end.Unix())
		}
	}
	if _, err := o.app.shared.store.CloseRequest(context.Background(), answer.ID, "fulfilled", nil); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"requests_open": 0, "requests_overdue": 0, "requests_next_due_timestamp_seconds": -1} {
		if got := o.gauge(name); got != want {
			t.Errorf("closed: %s %v, want %v", name, got, want)
		}
	}
}

// TestDayOfReceiptIsALocalDayOfTheLastYear pins the bounds of the day of receipt,
// and that a year without a calendar is said.
func TestDayOfReceiptIsALocalDayOfTheLastYear(t *testing.T) {
	o := newOffice(t)
	for _, test := range []struct {
		at, received, refused string
		complete              bool
	}{
		{"2026-03-19 00:00", "2026-03-19", "", true}, // the day before in UTC
		{"2026-03-19 23:59", "2026-03-20", "is in the future: today is 2026-03-19", false},
		{"2026-03-19 10:00", "2025-03-19", "", false},
		{"2026-03-19 10:00", "2025-03-18", "is more than 12 months past", false},
		{"2027-12-24 10:00", "2027-12-24", "", false},
		{"2027-12-24 10:00", "2027-12-10", "", true},
	} {
		o.at(test.at)
		answer, err := o.add(test.received)
		if test.refused != "" {
			if err == nil || !strings.Contains(err.Error(), test.refused) || !strings.Contains(err.Error(), `"`+test.received+`"`) {
				t.Errorf("%s, received %s: %v", test.at, test.received, err)
			}
			continue
		}
		if err != nil || answer.CalendarComplete != test.complete {
			t.Errorf("%s, received %s: %+v, %v", test.at, test.received, answer, err)
		}
	}
}

// Whoever has asked to go must be gone from the copies by the day on which the
// answer is due.
func TestCopyGoesWithThoseWhoAskedToGo(t *testing.T) {
	o := newOffice(t)
	ends := func() string {
		t.Helper()
		at, err := o.app.copyEnds(t.Context(), o.app.shared.store)
		if err != nil {
			t.Fatal(err)
		}
		return at.In(o.app.location).Format("2006-01-02 15:04")
	}
	if got := ends(); got != "2026-03-31 10:00" {
		t.Errorf("without requests %s", got)
	}
	answer, err := o.add("2026-03-10")
	if err != nil {
		t.Fatal(err)
	}
	want := answer.Due.End(o.app.location).Format("2006-01-02 15:04")
	if got := ends(); got != want || got > "2026-03-27" {
		t.Errorf("with a request that is due on %s: %s, want %s", answer.Due, got, want)
	}
	o.at("2026-04-02 10:00") // it is late already: its alarm is another
	if got := ends(); got != "2026-04-14 10:00" {
		t.Errorf("with a late request %s", got)
	}
}
