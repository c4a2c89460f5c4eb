package sqlite

import (
	"context"
	"crypto/ed25519"
	"testing"
	"time"
)

// A clock that went ahead may have sealed a month that still grows, and another
// time zone begins months elsewhere. The rows that follow are the next month's: a
// second checkpoint of the same month can't be kept.
func TestRowsAfterTheirMonthWasSealedAreTheNextMonths(t *testing.T) {
	s, clock := sealedLedger(t, t.TempDir()) // rows 4 and 5 are of December
	clock.Set(time.Date(2027, 1, 1, 12, 0, 0, 0, almaty(t)))
	if sealed, err := s.Seal(t.Context()); err != nil || len(sealed) != 1 || sealed[0].Month != "2026-12" {
		t.Fatalf("Seal = %+v, %v", sealed, err)
	}
	clock.Set(noon.AddDate(0, 1, 1))
	c := fullConsent()
	c.At = clock.Now()
	if _, err := s.AppendConsent(t.Context(), c, nil); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		at     time.Time
		sealed []string
	}{
		{time.Date(2027, 1, 1, 12, 0, 0, 0, almaty(t)), nil},
		{time.Date(2027, 2, 1, 0, 9, 0, 0, almaty(t)), nil},
		{time.Date(2027, 2, 1, 0, 10, 0, 0, almaty(t)), []string{"2027-01"}},
		{time.Date(2027, 3, 1, 12, 0, 0, 0, almaty(t)), nil},
	} {
		clock.Set(step.at)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // a loop ends here
		sealed, err := s.Seal(ctx)
		cancel()
		if err != nil || len(sealed) != len(step.sealed) || len(sealed) > 0 && sealed[0].Month != step.sealed[0] {
			t.Fatalf("at %s: Seal = %+v, %v", step.at, sealed, err)
		}
	}
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != 6 || v.Segments != 3 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

// The scheduler destroys and the hourly check walks at the same time.
func TestMonthDestroyedDuringTheWalkIsNotMissing(t *testing.T) {
	var meanwhile func()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	s, clock := openAt(t, t.TempDir(), func(o *Options) {
		o.Key = func(context.Context) (ed25519.PrivateKey, error) {
			if meanwhile != nil {
				meanwhile()
			}
			return key, nil
		}
	})
	for _, at := range []time.Time{noon, noon.AddDate(0, 1, 0)} {
		clock.Set(at)
		c := fullConsent()
		c.At = at
		if _, err := s.AppendConsent(t.Context(), c, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock.Set(time.Date(2030, 5, 24, 0, 0, 0, 0, almaty(t)))
	meanwhile = func() {
		meanwhile = nil
		if acts, err := s.DropSegments(t.Context(), "test"); err != nil || len(acts) != 1 {
			t.Errorf("DropSegments = %+v, %v", acts, err)
		}
	}
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != 2 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

// A new configuration runs before the old one has stopped.
func TestMonthIsDestroyedOnce(t *testing.T) {
	s, clock := sealedLedger(t, t.TempDir())
	segments, err := s.Segments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	clock.Set(time.Date(2030, 5, 24, 0, 0, 0, 0, almaty(t)))
	for _, rows := range []int64{3, 0} {
		err := s.alone(t.Context(), func(w *writer) error {
			return w.transact(func() error {
				act, err := w.dropSegment(segments[0], "test")
				if act.Rows != rows {
					t.Errorf("%d rows, want %d", act.Rows, rows)
				}
				return err
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if acts, err := s.Acts(t.Context(), 9); err != nil || len(acts) != 1 {
		t.Errorf("acts %+v, %v", acts, err)
	}
}

// The zone of the configuration, or what is known of it, may be another by then.
func TestMonthDestroyedUnderAnotherZoneWasNotTooEarly(t *testing.T) {
	dir := t.TempDir()
	s, clock := sealedLedger(t, dir)
	clock.Set(time.Date(2030, 5, 23, 0, 0, 0, 0, almaty(t)))
	if acts, err := s.DropSegments(t.Context(), "test"); err != nil || len(acts) != 1 {
		t.Fatalf("DropSegments = %+v, %v", acts, err)
	}
	s.Close()
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("west", -7*3600), time.FixedZone("east", 14*3600)} {
		s, _ := openAt(t, dir, withKey(1), func(o *Options) { o.Clock, o.Location = clock.Now, zone })
		if v, err := s.Verify(t.Context()); err != nil || !v.OK {
			t.Errorf("%s: Verify = %+v, %v", zone, v, err)
		}
		s.Close()
	}
}
