package inventory

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 30, 0, 0, time.UTC)

func host(name string) Sight {
	return Sight{Kind: Host, Source: Page, Name: []byte(name), At: noon, Host: "shop.kz", Path: "/cart"}
}

func reported(name string) Sight {
	s := host(name)
	s.Source = Report
	return s
}

// find returns the sighting under the key; its count is 0 when there is none.
func find(v *Inventory, kind Kind, source Source, name string) Sighting {
	for _, s := range v.List() {
		if s.Kind == kind && s.Source == source && s.Name == name {
			return s
		}
	}
	return Sighting{}
}

func TestSightsAddUp(t *testing.T) {
	v := New()
	v.Note(host("cdn.example.com"))
	later := host("cdn.example.com")
	later.At, later.Path, later.Blocked, later.Times = noon.Add(26*time.Hour), "/other", true, 3
	v.Note(later)
	earlier := host("cdn.example.com")
	earlier.At = noon.Add(-time.Hour) // a request that took long
	v.Note(earlier)
	want := Sighting{
		Key: Key{Host, Page, "cdn.example.com", ""}, Where: "shop.kz/cart", Count: 5, Blocked: 3,
		First: noon.Truncate(time.Hour), Last: noon.Add(26 * time.Hour).Truncate(time.Hour),
	}
	if got := v.List(); len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestKeysAreApart(t *testing.T) {
	v := New()
	v.Note(host("www.example.com"))
	v.Note(reported("www.example.com"))
	known := host("www.example.com")
	known.Service = "example"
	v.Note(known)
	v.Note(Sight{Kind: Own, Source: Page, Service: "matomo", At: noon})
	v.Note(Sight{Kind: Collector, Source: Report, Name: []byte("/matomo.php"), Service: "matomo", At: noon})
	if got := v.List(); len(got) != 5 {
		t.Errorf("%d sightings, want 5: %+v", len(got), got)
	}
}

// TestFloodOfReports pins that random hosts in forged reports neither take memory
// nor push out what the site shows, nor what browsers reported before and often.
func TestFloodOfReports(t *testing.T) {
	v := New()
	for i := range 100 {
		v.Note(host(fmt.Sprintf("cdn%d.example.com", i)))
	}
	for range 2 {
		v.Note(reported("real.example.com"))
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	random := rand.New(rand.NewPCG(1, 2))
	for range 1_000_000 {
		s := reported(fmt.Sprintf("%x.%x.example", random.Uint64(), random.Uint64()))
		s.Path = fmt.Sprintf("/p/%x", random.Uint64())
		v.Note(s)
	}
	grown := int64(heap()) - int64(before)
	if grown > 256<<10 {
		t.Errorf("a million reports took %d bytes", grown)
	}
	if n := len(v.List()); n != 100+limits[hostsOfReports] {
		t.Errorf("%d sightings, want %d", n, 100+limits[hostsOfReports])
	}
	for i := range 100 {
		if find(v, Host, Page, fmt.Sprintf("cdn%d.example.com", i)).Count != 1 {
			t.Errorf("host %d of the pages is lost", i)
		}
	}
	if find(v, Host, Report, "real.example.com").Count != 2 {
		t.Error("the host that was reported twice is lost")
	}
	if n := len(v.gone); n != 0 {
		t.Errorf("%d keys are to be removed from a database that never held them", n)
	}
}

// TestEachGroupIsBounded pins the limits, and that they add up over page and
// header.
func TestEachGroupIsBounded(t *testing.T) {
	v := New()
	for i := range 3000 {
		for _, source := range []Source{Page, Header, Report} {
			v.Note(Sight{Kind: Host, Source: source, Name: fmt.Appendf(nil, "h%d.example", i), At: noon})
			v.Note(Sight{Kind: Cookie, Source: source, Name: fmt.Appendf(nil, "c%s", strings.Repeat("x", i%60)+string(rune('a'+i%26))), At: noon})
			v.Note(Sight{Kind: Collector, Source: source, Name: fmt.Appendf(nil, "/c%d", i), Service: "s", At: noon})
			v.Note(Sight{Kind: Own, Source: source, Service: fmt.Sprint("s", i), At: noon})
		}
	}
	var sizes [len(limits)]int
	for _, s := range v.List() {
		sizes[group(s.Key)]++
	}
	for i, size := range sizes {
		if size > limits[i] || size != len(v.groups[i]) {
			t.Errorf("group %d has %d sightings, %d listed, limit %d", i, len(v.groups[i]), size, limits[i])
		}
	}
	if sizes[hostsOfSite] != limits[hostsOfSite] || sizes[hostsOfReports] != limits[hostsOfReports] {
		t.Errorf("hosts %v, limits %v", sizes, limits)
	}
}

func TestForget(t *testing.T) {
	v := New()
	old, young := host("old.example"), host("young.example")
	old.At = noon.AddDate(0, -14, 0)
	v.Note(old)
	v.Note(young)
	v.Saved(v.Changes())
	v.Forget(noon.AddDate(0, -13, 0))
	if got := v.List(); len(got) != 1 || got[0].Name != "young.example" {
		t.Errorf("left %+v", got)
	}
	if c := v.Changes(); len(c.Gone) != 1 || c.Gone[0].Name != "old.example" || len(c.Seen) != 0 {
		t.Errorf("changes %+v", c)
	}
}

func TestConcurrentSightsAreAllCounted(t *testing.T) {
	v := New()
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 2000 {
				v.Note(host(fmt.Sprintf("cdn%d.example.com", i%20)))
				v.Note(reported(fmt.Sprintf("w%d-%d.example", worker, i)))
				if i%100 == 0 {
					v.Saved(v.Changes())
					v.List()
				}
				if i%500 == 0 {
					v.Forget(noon.AddDate(0, -13, 0))
				}
			}
		})
	}
	all.Wait()
	for i := range 20 {
		if n := find(v, Host, Page, fmt.Sprintf("cdn%d.example.com", i)).Count; n != 400 {
			t.Errorf("host %d: %d sights, want 400", i, n)
		}
	}
}

func TestKnownSightsAllocateNothing(t *testing.T) {
	v := New()
	for _, s := range []Sight{
		host("cdn.example.com"),
		{Kind: Cookie, Source: Header, Name: []byte("session_12345678"), At: noon},
		{Kind: Collector, Source: Report, Name: []byte("/matomo.php"), Service: "matomo", At: noon},
	} {
		v.Note(s)
		if n := testing.AllocsPerRun(100, func() { v.Note(s) }); n != 0 {
			t.Errorf("%s %s: %v allocations", s.Kind, s.Name, n)
		}
	}
}

func BenchmarkNote(b *testing.B) {
	v := New()
	for i := range 500 {
		v.Note(host(fmt.Sprintf("cdn%d.example.com", i)))
		v.Note(Sight{Kind: Cookie, Source: Header, Name: fmt.Appendf(nil, "cookie_%c", 'a'+i%26), At: noon})
	}
	for name, s := range map[string]Sight{
		"host":   host("cdn77.example.com"),
		"cookie": {Kind: Cookie, Source: Header, Name: []byte("cookie_c"), At: noon},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.Note(s)
			}
		})
		b.Run(name+"/parallel", func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					v.Note(s)
				}
			})
		})
	}
	b.Run("flood", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			i++
			v.Note(reported(fmt.Sprintf("h%d.example", i)))
		}
	})
}
