package inventory

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"
)

// database applies changes as a store does.
type database map[Key]Sighting

func (d database) apply(c Changes) {
	for _, s := range c.Seen {
		d[s.Key] = s
	}
	for _, key := range c.Gone {
		delete(d, key)
	}
}

func (d database) list() []Sighting { return slices.Collect(maps.Values(d)) }

func TestChangesAreToldOnce(t *testing.T) {
	v := New()
	v.Note(host("a.example"))
	v.Note(host("b.example"))
	first := v.Changes()
	if len(first.Seen) != 2 {
		t.Fatalf("changes %+v", first)
	}
	if again := v.Changes(); len(again.Seen) != 2 {
		t.Errorf("changes that weren't saved aren't told again: %+v", again)
	}
	v.Note(host("b.example")) // between the two
	v.Saved(first)
	second := v.Changes()
	if len(second.Seen) != 1 || second.Seen[0].Count != 2 || second.Seen[0].Name != "b.example" {
		t.Errorf("changes %+v", second)
	}
	v.Saved(second)
	if !v.Changes().Empty() {
		t.Errorf("changes %+v", v.Changes())
	}
}

// TestCountsAddUpOverRestarts pins that what is loaded comes on top of what was
// seen before it could be, and is written over, not beside.
func TestCountsAddUpOverRestarts(t *testing.T) {
	d := database{}
	v := New()
	v.Note(host("a.example"))
	v.Note(host("b.example"))
	d.apply(v.Changes())

	v = New()
	later := host("a.example")
	later.At, later.Path, later.Blocked = noon.AddDate(0, 1, 0), "/later", true
	v.Note(later)
	v.Load(d.list())
	v.Note(later)
	changes := v.Changes()
	want := Sighting{
		Key: Key{Host, Page, "a.example", ""}, Where: "shop.kz/cart", Count: 3, Blocked: 2,
		First: noon.Truncate(time.Hour), Last: later.At.Truncate(time.Hour),
	}
	if len(changes.Seen) != 1 || changes.Seen[0] != want || len(changes.Gone) != 0 {
		t.Errorf("changes %+v, want %+v", changes, want)
	}
	if n := len(v.List()); n != 2 {
		t.Errorf("%d sightings, want 2", n)
	}
}

// TestDatabaseHoldsWhatTheInventoryHolds pins that a flood leaves nothing behind
// in a database, however writing and evicting interleave.
func TestDatabaseHoldsWhatTheInventoryHolds(t *testing.T) {
	d := database{}
	v := New()
	for round := range 20 {
		for i := range 300 {
			v.Note(reported(fmt.Sprintf("h%d.example", (round*211+i)%900)))
		}
		c := v.Changes()
		for i := range 50 { // while they are written
			v.Note(reported(fmt.Sprintf("h%d.example", (round*97+i)%900)))
		}
		d.apply(c)
		if round%3 > 0 { // else the writing failed, or nobody knows
			v.Saved(c)
		}
	}
	last := v.Changes()
	d.apply(last)
	v.Saved(last)
	list := v.List()
	if len(d) != len(list) {
		t.Errorf("the database holds %d, the inventory %d", len(d), len(list))
	}
	for _, s := range list {
		if d[s.Key] != s {
			t.Errorf("the database has %+v, the inventory %+v", d[s.Key], s)
		}
	}
	if len(v.gone) != 0 {
		t.Errorf("%d keys are still to be removed", len(v.gone))
	}
}

// TestLoadIsBounded pins that a database with more than the limits, or with what
// isn't valid, is brought back to them.
func TestLoadIsBounded(t *testing.T) {
	v := New()
	var rows []Sighting
	for i := range limits[hostsOfReports] + 10 {
		rows = append(rows, Sighting{Key: Key{Host, Report, fmt.Sprintf("h%d.example", i), ""}, Count: int64(1 + i%3), First: noon, Last: noon})
	}
	rows = append(rows, Sighting{Key: Key{Host, Page, "no host\n", ""}, Count: 9}, Sighting{Key: Key{Host, "elsewhere", "a.example", ""}, Count: 9})
	v.Load(rows)
	if n := len(v.List()); n != limits[hostsOfReports] {
		t.Errorf("%d sightings, want %d", n, limits[hostsOfReports])
	}
	if c := v.Changes(); len(c.Gone) != 12 || len(c.Seen) != 0 {
		t.Errorf("%d are removed, %d written; want 12, 0", len(c.Gone), len(c.Seen))
	}
}

// TestLastLifetimeCounts pins that a cookie has the lifetime with which it was last
// set, over restarts too, whatever was seen without one.
func TestLastLifetimeCounts(t *testing.T) {
	d := database{}
	set := func(v *Inventory, lifetime time.Duration) {
		v.Note(Sight{Kind: Cookie, Source: Header, Name: []byte("theme"), At: noon, Lifetime: lifetime})
	}
	want := func(v *Inventory, lifetime time.Duration) {
		t.Helper()
		if got := v.List(Cookie); len(got) != 1 || got[0].Lifetime != lifetime {
			t.Errorf("got %+v, want lifetime %v", got, lifetime)
		}
	}
	v := New()
	v.Note(host("a.example"))
	set(v, UntilClosed)
	want(v, UntilClosed)
	set(v, time.Hour)
	set(v, 0)
	want(v, time.Hour)
	d.apply(v.Changes())

	v = New()
	set(v, 0)
	v.Load(d.list())
	want(v, time.Hour)

	v = New()
	set(v, UntilClosed)
	v.Load(d.list())
	want(v, UntilClosed)
}
