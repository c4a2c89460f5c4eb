package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// request is one received today, due on the given day of the next month.
func (f *fixture) request(kind storage.RequestKind, day int) storage.Request {
	return storage.Request{
		Kind: kind, ConsentID: f.id, Channel: storage.ByLetter, Actor: "operator",
		Received: policy.DayOf(f.clock.Now(), f.almaty), Due: policy.Day{Year: 2026, Month: time.December, Day: day},
	}
}

func (f *fixture) addRequest(t *testing.T, r storage.Request, effect *storage.Consent) storage.Request {
	t.Helper()
	added, err := f.store.AddRequest(t.Context(), r, effect)
	if err != nil {
		t.Fatalf("AddRequest: %v", err)
	}
	return added
}

// event is one of the operator.
func (f *fixture) event(event storage.Event) *storage.Consent {
	return &storage.Consent{ConsentID: f.id, Event: event, At: f.clock.Now(), Method: storage.ByAdmin}
}

func wantRequests(t *testing.T, f *fixture, all bool, want ...storage.Request) {
	t.Helper()
	requests, err := f.store.Requests(t.Context(), all)
	if err != nil || !slices.Equal(requests, want) {
		t.Errorf("Requests(all %v) = %+v, %v; want %+v", all, requests, err, want)
	}
}

func wantBlocked(t *testing.T, f *fixture, want ...consent.ID) {
	t.Helper()
	blocked, err := f.store.Blocked(t.Context())
	if err != nil || !slices.Equal(blocked, want) {
		t.Errorf("Blocked = %v, %v; want %v", blocked, err, want)
	}
}

func requestComesBack(t *testing.T, f *fixture) {
	wantRequests(t, f, true)
	var want []storage.Request
	for i, kind := range storage.RequestKinds() {
		for _, channel := range storage.Channels() {
			r := f.request(kind, 20-i)
			r.Channel = channel
			if channel == storage.ByMail {
				r.ConsentID = consent.ID{}
			}
			added := f.addRequest(t, r, nil)
			r.ID, r.Added = int64(len(want)+1), f.clock.Now()
			if added != r {
				t.Errorf("added %+v, want %+v", added, r)
			}
			want = append(want, r)
		}
	}
	slices.SortFunc(want, func(a, b storage.Request) int {
		if a.Due != b.Due {
			return a.Due.Number() - b.Due.Number()
		}
		return int(a.ID - b.ID)
	})
	wantRequests(t, f, true, want...)
	wantRequests(t, f, false, want...)
	if v := f.verify(t); v.Rows != 0 {
		t.Errorf("%d rows of the ledger", v.Rows)
	}
}

func requestClosedOnce(t *testing.T, f *fixture) {
	var closed []storage.Request
	for i, result := range storage.RequestResults() {
		r := f.addRequest(t, f.request(storage.AccessRequest, 3+i), nil)
		f.clock.Set(f.clock.Now().Add(time.Hour))
		got, err := f.store.CloseRequest(t.Context(), r.ID, result, nil)
		r.Closed, r.Result = f.clock.Now(), result
		if err != nil || got != r {
			t.Errorf("closed %+v, %v; want %+v", got, err, r)
		}
		closed = append(closed, r)
	}
	open := f.addRequest(t, f.request(storage.AccessRequest, 9), nil)
	if _, err := f.store.CloseRequest(t.Context(), closed[0].ID, storage.RequestRefused, f.event(storage.Erased)); !errors.Is(err, storage.ErrRequestClosed) {
		t.Errorf("closing again: %v", err)
	}
	if _, err := f.store.CloseRequest(t.Context(), 99, storage.RequestFulfilled, f.event(storage.Erased)); !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("closing what isn't there: %v", err)
	}
	wantRequests(t, f, false, open)
	wantRequests(t, f, true, append(closed, open)...)
	if held := f.held(t, f.id); len(held.Events) != 0 {
		t.Errorf("events %+v of requests that couldn't be closed", held.Events)
	}
}

func requestEffect(t *testing.T, f *fixture) {
	f.append(t, f.consent(), nil)
	late := f.event(storage.Blocked)
	late.At = late.At.Add(-time.Hour)
	if _, err := f.store.AddRequest(t.Context(), f.request(storage.BlockRequest, 3), late); !errors.Is(err, storage.ErrClock) {
		t.Errorf("with an event of another time: %v", err)
	}
	wantRequests(t, f, true)
	wantBlocked(t, f)
	r := f.addRequest(t, f.request(storage.BlockRequest, 3), f.event(storage.Blocked))
	wantBlocked(t, f, f.id)
	if _, err := f.store.CloseRequest(t.Context(), r.ID, storage.RequestRefused, late); !errors.Is(err, storage.ErrClock) {
		t.Errorf("with an event of another time: %v", err)
	}
	wantRequests(t, f, false, r)
	if _, err := f.store.CloseRequest(t.Context(), r.ID, storage.RequestRefused, f.event(storage.Unblocked)); err != nil {
		t.Errorf("CloseRequest: %v", err)
	}
	wantRequests(t, f, false)
	wantBlocked(t, f)
	if v := f.verify(t); !v.OK || v.Rows != 3 {
		t.Errorf("Verify = %+v", v)
	}
	if totals, err := f.store.Totals(t.Context()); err != nil || totals.Events[storage.Blocked] != 1 || totals.Events[storage.Unblocked] != 1 {
		t.Errorf("Totals = %+v, %v", totals, err)
	}
}

func requestErases(t *testing.T, f *fixture) {
	f.append(t, f.consent(), f.person())
	r := f.addRequest(t, f.request(storage.WithdrawRequest, 3), nil)
	wantPending(t, f)
	if _, err := f.store.CloseRequest(t.Context(), r.ID, storage.RequestFulfilled, f.event(storage.Withdrawn)); err != nil {
		t.Fatalf("CloseRequest: %v", err)
	}
	wantPending(t, f, storage.Erasure{ConsentID: f.id, Reason: storage.ConsentRevoked, At: f.clock.Now()})
	f.record(t, f.visit())
	f.erase(t, f.id)
	wantPending(t, f)
	if held := f.held(t, f.id); len(held.IPs)+len(held.Visits) != 0 {
		t.Errorf("held %+v", held)
	}
}

// Policy 3.4.1 (2): blocking isn't destroying.
func blockStopsWrites(t *testing.T, f *fixture) {
	f.append(t, f.consent(), f.person())
	f.record(t, f.visit())
	wantVisits := func(when string, want int) {
		t.Helper()
		visit := f.visit(storage.VisitService{Service: "matomo", VisitorID: when})
		f.record(t, visit)
		if held := f.held(t, f.id); len(held.Visits) != want || len(held.IPs) != want+1 {
			t.Errorf("%s: %d visits and %d IP records, want %d and %d", when, len(held.Visits), len(held.IPs), want, want+1)
		}
	}
	f.revoke(t, f.id, storage.Blocked)
	wantVisits("blocked", 1)
	other := f.visit()
	other.ConsentID = consent.NewID()
	f.record(t, other)
	if held := f.held(t, other.ConsentID); len(held.Visits) != 1 {
		t.Errorf("under another ID %d visits are held", len(held.Visits))
	}
	f.append(t, f.consent(), nil)
	wantVisits("given again", 1)
	wantPending(t, f)
	f.revoke(t, f.id, storage.Unblocked)
	wantVisits("unblocked", 2)
}

func blockEnds(t *testing.T, f *fixture) {
	unblocked, withdrawn, again, stays := f.id, consent.NewID(), consent.NewID(), consent.NewID()
	for _, id := range []consent.ID{stays, unblocked, withdrawn, again} {
		f.revoke(t, id, storage.Blocked)
	}
	wantBlocked(t, f, stays, unblocked, withdrawn, again)
	f.revoke(t, unblocked, storage.Unblocked)
	f.revoke(t, withdrawn, storage.Withdrawn)
	f.revoke(t, again, storage.Unblocked)
	f.revoke(t, again, storage.Blocked)
	f.revoke(t, consent.ID{}, storage.Blocked) // nobody's
	given := f.consent()
	given.ConsentID = stays
	f.append(t, given, nil)
	wantBlocked(t, f, stays, again)
}

// standings holds that the store and StandingOf say the same of every course of
// events.
func standings(t *testing.T, f *fixture) {
	kinds := []storage.Event{storage.Given, storage.Withdrawn, storage.Blocked, storage.Unblocked}
	for course := range 1 << 8 { // four events, two bits each
		id := consent.NewID()
		name, recorded := "", 0
		for i := range 4 {
			event := kinds[course>>(2*i)&3]
			f.revoke(t, id, event)
			name += fmt.Sprint(" ", event)
			visit := f.visit()
			visit.ConsentID = id
			if !f.store.AppendVisit(visit) {
				t.Fatal("AppendVisit: false")
			}
			f.revoke(t, consent.ID{}, storage.Refused) // whose commit takes the visit along
			if storage.StandingOf(f.held(t, id).Events).InForce() {
				recorded++
			}
		}
		held := f.held(t, id)
		standing := storage.StandingOf(held.Events)
		if len(held.Visits) != recorded {
			t.Errorf("%s: %d visits recorded, want %d", name, len(held.Visits), recorded)
		}
		blocked, err := f.store.Blocked(t.Context())
		if err != nil || slices.Contains(blocked, id) != standing.Blocked {
			t.Errorf("%s: Blocked %v, %v, and the standing is %+v", name, slices.Contains(blocked, id), err, standing)
		}
		revoked, err := f.store.Revoked(t.Context(), time.Time{})
		if err != nil || slices.Contains(revoked, id) != standing.Ended {
			t.Errorf("%s: Revoked %v, %v, and the standing is %+v", name, slices.Contains(revoked, id), err, standing)
		}
	}
}

func requestTermEnds(t *testing.T, f *fixture) {
	old := f.addRequest(t, f.request(storage.AccessRequest, 3), nil)
	open := f.addRequest(t, f.request(storage.RectifyRequest, 4), nil)
	if _, err := f.store.CloseRequest(t.Context(), old.ID, storage.RequestFulfilled, nil); err != nil {
		t.Fatal(err)
	}
	drop := func(want int64) storage.Act {
		t.Helper()
		act, err := f.store.DropRequests(t.Context(), "tester")
		if err != nil || act.Rows != want {
			t.Errorf("DropRequests = %+v, %v; want %d rows", act, err, want)
		}
		return act
	}
	// Closed on 2026-11-23, and evidence for three years from then.
	f.clock.Set(time.Date(2029, 11, 22, 23, 59, 59, 0, f.almaty))
	drop(0)
	f.clock.Set(time.Date(2029, 11, 23, 0, 0, 0, 0, f.almaty))
	act := drop(1)
	if act.Part != "requests" || act.Reason != storage.TermEnded || act.Actor != "tester" || act.From != old.Added || act.To != old.Added {
		t.Errorf("act %+v", act)
	}
	if residual, err := f.store.Scrub(t.Context()); err != nil || residual != 0 {
		t.Errorf("Scrub = %d, %v", residual, err)
	}
	drop(0)
	wantRequests(t, f, true, open)
	if _, err := f.store.CloseRequest(t.Context(), 0, storage.RequestRefused, nil); !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("closing request 0: %v", err)
	}
}
