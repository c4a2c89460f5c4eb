package retention

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

func TestTickFinishesErasuresWhateverTheClockSays(t *testing.T) {
	for name, store := range map[string]*memory{
		"trusted":    {},
		"behind":     {mark: start.Add(day)},
		"no mark":    {failing: map[string]error{"ClockMark": errors.New("disk on fire")}},
		"no parts":   {failing: map[string]error{"Parts": errors.New("disk on fire")}},
		"in the way": {failing: map[string]error{"ip_visits_000": errors.New("disk on fire")}},
	} {
		t.Run(name, func(t *testing.T) {
			store.fill(start, 1, "visits")
			store.erasures = []storage.Erasure{
				{ConsentID: consent.ID{0xaa}, Reason: storage.ConsentRevoked},
				{ConsentID: consent.ID{0xbb}, Reason: storage.SubjectRequest},
			}
			p := New(Options{Store: store, Location: time.UTC, Clock: func() time.Time { return start }})
			result, err := p.Tick(t.Context(), false)
			if (err != nil) != (store.failing != nil) || result.PendingErasures != 0 || store.scrubs != 1 {
				t.Errorf("%+v, %d scrubs, %v", result, store.scrubs, err)
			}
			want := []storage.Act{
				{Part: "erased_aa", Reason: storage.ConsentRevoked, Actor: "scheduler"},
				{Part: "erased_bb", Reason: storage.SubjectRequest, Actor: "scheduler"},
			}
			if got := result.Dropped[:2]; !slices.Equal(got, want) {
				t.Errorf("acts %+v, want %+v first", result.Dropped, want)
			}
		})
	}
}

func TestErasureThatFailsIsCountedAndTriedAgain(t *testing.T) {
	first, second := consent.ID{0xaa}, consent.ID{0xbb}
	failure := errors.New("disk on fire")
	store := &memory{
		failing:  map[string]error{first.String(): failure},
		erasures: []storage.Erasure{{ConsentID: first}, {ConsentID: second}},
	}
	p := New(Options{Store: store, Location: time.UTC, Clock: func() time.Time { return start }})
	result, err := p.Tick(t.Context(), false)
	if !errors.Is(err, failure) || !strings.Contains(err.Error(), "1 of 2") || result.PendingErasures != 1 {
		t.Errorf("%+v, %v", result, err)
	}
	if got := names(result.Dropped); !slices.Equal(got, []string{"erased_aa", "erased_bb"}) {
		t.Errorf("acts %v: what a failed erasure did destroy must show", got)
	}
	if until := p.pause(result); until != soon {
		t.Errorf("next tick in %v, want %v", until, soon)
	}
	store.failing = nil
	result, err = p.Tick(t.Context(), false)
	if err != nil || result.PendingErasures != 0 || len(result.Dropped) != 1 || len(store.erasures) != 0 {
		t.Errorf("again: %+v, %v", result, err)
	}
}

func TestLogNamesNoConsentID(t *testing.T) {
	done, stuck := consent.NewID(), consent.NewID()
	store := &memory{
		failing:  map[string]error{stuck.String(): errors.New("disk on fire")},
		erasures: []storage.Erasure{{ConsentID: done}, {ConsentID: stuck}},
	}
	var log strings.Builder
	p := New(Options{Store: store, Location: time.UTC, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	result, _ := p.Tick(t.Context(), false)
	p.report(t.Context(), Result{}, result)
	if text := log.String(); !strings.Contains(text, "pending_erasures=1") ||
		strings.Contains(text, done.String()) || strings.Contains(text, stuck.String()) {
		t.Errorf("log:\n%s", text)
	}
}
