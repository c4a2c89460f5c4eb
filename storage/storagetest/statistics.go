package storagetest

import (
	"reflect"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// choose writes an event of a new visitor.
func (f *fixture) choose(t *testing.T, event storage.Event, method storage.Method, language string, gpc, dnt bool) {
	t.Helper()
	c := storage.Consent{Event: event, At: f.clock.Now(), Method: method, Language: language, GPC: gpc, DNT: dnt}
	if event != storage.Refused {
		c.ConsentID = consent.NewID()
	}
	f.append(t, c, nil)
}

func choicesByDay(t *testing.T, f *fixture) {
	// The day begins at midnight in Almaty, which is 19:00 UTC.
	midnight := time.Date(2026, 11, 24, 0, 0, 0, 0, f.almaty)
	f.clock.Set(midnight.Add(-time.Millisecond))
	f.choose(t, storage.Given, storage.ByBanner, "kk", false, false)
	f.clock.Set(midnight)
	f.choose(t, storage.Refused, storage.ByBanner, "ru", true, false)
	f.choose(t, storage.Refused, storage.ByBanner, "ru", false, false)
	f.choose(t, storage.Refused, storage.ByBanner, "ru", false, false)
	f.choose(t, storage.Refused, storage.ByBanner, "ru", false, true)
	f.choose(t, storage.Refused, storage.ByBanner, "ru", true, true)
	f.choose(t, storage.Given, storage.ByPage, "kk", false, false)
	f.choose(t, storage.Withdrawn, storage.ByAPI, "en", false, false)
	f.clock.Set(midnight.Add(time.Hour))
	f.choose(t, storage.Erased, storage.ByAdmin, "", false, false)

	first, second := policy.Day{Year: 2026, Month: 11, Day: 23}, policy.Day{Year: 2026, Month: 11, Day: 24}
	all := []storage.ChoiceCount{
		{Day: first, Event: storage.Given, Method: storage.ByBanner, Language: "kk", Count: 1},
		{Day: second, Event: storage.Erased, Method: storage.ByAdmin, Count: 1},
		{Day: second, Event: storage.Given, Method: storage.ByPage, Language: "kk", Count: 1},
		{Day: second, Event: storage.Refused, Method: storage.ByBanner, Language: "ru", Count: 2},
		{Day: second, Event: storage.Refused, Method: storage.ByBanner, Language: "ru", DNT: true, Count: 1},
		{Day: second, Event: storage.Refused, Method: storage.ByBanner, Language: "ru", GPC: true, Count: 1},
		{Day: second, Event: storage.Refused, Method: storage.ByBanner, Language: "ru", GPC: true, DNT: true, Count: 1},
		{Day: second, Event: storage.Withdrawn, Method: storage.ByAPI, Language: "en", Count: 1},
	}
	for _, test := range []struct {
		name     string
		from, to time.Time
		want     []storage.ChoiceCount
		events   map[storage.Event]int64
	}{
		{"the month", time.Date(2026, 11, 1, 0, 0, 0, 0, f.almaty), time.Date(2026, 12, 1, 0, 0, 0, 0, f.almaty), all,
			map[storage.Event]int64{storage.Given: 2, storage.Refused: 5, storage.Withdrawn: 1, storage.Erased: 1}},
		{"up to midnight", midnight.Add(-time.Hour), midnight, all[:1], map[storage.Event]int64{storage.Given: 1}},
		{"an hour from midnight", midnight, midnight.Add(time.Hour), all[2:],
			map[storage.Event]int64{storage.Given: 1, storage.Refused: 5, storage.Withdrawn: 1}},
		{"a day without any", midnight.AddDate(0, 0, 1), midnight.AddDate(0, 0, 2), nil, map[storage.Event]int64{}},
		{"nothing", midnight, midnight, nil, map[storage.Event]int64{}},
	} {
		got, err := f.store.Choices(t.Context(), test.from, test.to)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: Choices = %+v, %v; want %+v", test.name, got, err, test.want)
		}
		events, err := f.store.EventsBetween(t.Context(), test.from, test.to)
		if err != nil || !reflect.DeepEqual(events, test.events) {
			t.Errorf("%s: EventsBetween = %v, %v; want %v", test.name, events, err, test.events)
		}
	}
}

func actsSummedUp(t *testing.T, f *fixture) {
	f.append(t, f.consent(), f.person())
	f.record(t, f.visit(storage.VisitService{Service: "matomo", Kind: longKind}))
	begin := f.clock.Now()
	f.clock.Set(begin.Add(time.Minute))
	f.erase(t, f.id)
	sum := func(from, to time.Time) []storage.ActCount {
		t.Helper()
		acts, err := f.store.ActsBetween(t.Context(), from, to)
		if err != nil {
			t.Fatal(err)
		}
		return acts
	}
	now := f.clock.Now()
	if got := sum(begin, now); got != nil {
		t.Errorf("before the acts: %+v", got)
	}
	want := []storage.ActCount{
		{Kind: longKind, Reason: storage.ConsentRevoked, Acts: 1, Rows: 1, Unproven: 1},
		{Kind: storage.VisitsKind, Reason: storage.ConsentRevoked, Acts: 2, Rows: 2, Unproven: 2},
	}
	if got := sum(now, now.Add(time.Millisecond)); !reflect.DeepEqual(got, want) {
		t.Errorf("before the scrub: %+v, want %+v", got, want)
	}
	f.clock.Set(now.Add(1500 * time.Millisecond))
	if residual, err := f.store.Scrub(t.Context()); residual != 0 || err != nil {
		t.Fatalf("Scrub = %d, %v", residual, err)
	}
	for i := range want {
		want[i].Unproven, want[i].Slowest = 0, 1500*time.Millisecond
	}
	if got := sum(begin, now.Add(time.Hour)); !reflect.DeepEqual(got, want) {
		t.Errorf("after the scrub: %+v, want %+v", got, want)
	}
}
