// Package inventory remembers which third parties, cookies and collectors the
// traffic of a site shows: where, how often and since when. From it an operator
// learns what the site reaches, and names it.
//
// It holds no personal data: no visitor, no address of one, no query, and no
// identifier that a path or a cookie's name may carry. Its size is bounded,
// whatever browsers report. It decides nothing and stores nothing itself.
package inventory

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Kind is what was seen.
type Kind string

// The kinds of what is seen.
const (
	Host      Kind = "host"      // of a third party
	Cookie    Kind = "cookie"    // by its name
	Collector Kind = "collector" // a request to the site itself that belongs to a service, by the service's pattern
	Own       Kind = "own"       // a service in what the site carries itself, such as an inline snippet; it has no name
)

// Source is who showed it.
type Source string

// The sources. A report can be forged by anyone; the others come from the site.
const (
	Page   Source = "page"   // the markup of a page
	Header Source = "header" // a header of the site's answer
	Report Source = "report" // a browser, by a report or a request
)

// Key tells sightings apart.
type Key struct {
	Kind    Kind   `json:"kind"`
	Source  Source `json:"source"`
	Name    string `json:"name"`
	Service string `json:"service"` // ID of the service it belongs to, "" when none is known
}

// Sighting is all that is remembered under one key.
type Sighting struct {
	Key
	Where   string    `json:"where"`   // page of the first sight: host and path, "" when it isn't known
	Count   int64     `json:"count"`   // how often it was seen
	Blocked int64     `json:"blocked"` // how often of these it was stopped
	First   time.Time `json:"first"`   // UTC, whole hours
	Last    time.Time `json:"last"`    // UTC, whole hours
	// Lifetime is how long the site last set a cookie for: UntilClosed, or 0 when it
	// isn't known.
	Lifetime time.Duration `json:"lifetime,omitempty"`
}

// UntilClosed is the Lifetime of a cookie that ends with the browser's session
// (RFC 6265 §5.3 step 3).
const UntilClosed time.Duration = -1

// Sight is one look at something.
type Sight struct {
	Kind    Kind
	Source  Source
	Name    []byte // isn't kept
	Service string
	Times   int64 // how often at once, at least 1
	Blocked bool
	At      time.Time
	// Lifetime is that of a cookie, if it shows; see Sighting.
	Lifetime time.Duration
	// Host and Path are those of the page. What of them may identify somebody is
	// left out before they are kept.
	Host, Path string
}

// limits bound the sightings of each group. What browsers say has groups of its
// own, so that no forged report can push out what the site shows.
var limits = [...]int{
	hostsOfSite: 1024, hostsOfReports: 256,
	cookiesOfSite: 512, cookiesOfReports: 256,
	everythingElse: 512, // named by services, which are few
}

const (
	hostsOfSite = iota
	hostsOfReports
	cookiesOfSite
	cookiesOfReports
	everythingElse
)

func group(k Key) int {
	switch {
	case k.Kind == Host && k.Source == Report:
		return hostsOfReports
	case k.Kind == Host:
		return hostsOfSite
	case k.Kind == Cookie && k.Source == Report:
		return cookiesOfReports
	case k.Kind == Cookie:
		return cookiesOfSite
	}
	return everythingElse
}

// entry is a sighting that goes on.
type entry struct {
	key     Key
	where   string
	first   int64 // hours since 1970
	last    atomic.Int64
	count   atomic.Int64
	blocked atomic.Int64
	lives   atomic.Int64 // a time.Duration

	// The inventory's mu guards the rest.
	stored bool  // a database may hold it
	saved  int64 // count when it was last written there
}

// Inventory is safe for concurrent use. Create it with [New].
type Inventory struct {
	mu      sync.RWMutex
	entries map[Key]*entry
	groups  [len(limits)][]*entry // each in the order of arrival
	gone    map[Key]struct{}      // what a database may hold beyond the entries
}

// New returns an empty inventory.
func New() *Inventory {
	return &Inventory{entries: make(map[Key]*entry), gone: make(map[Key]struct{})}
}

// Note counts a sight. For what is known already it allocates nothing. Names that
// can't be what they are given as are passed over.
func (v *Inventory) Note(s Sight) {
	var space [maxCookie]byte
	name := s.Name
	if s.Kind == Cookie {
		name = blurName(space[:0], name)
	}
	v.mu.RLock()
	e := v.entries[Key{s.Kind, s.Source, string(name), s.Service}]
	v.mu.RUnlock()
	hour := hours(s.At)
	if e == nil {
		if !valid(s.Kind, s.Source, name) {
			return
		}
		e = &entry{key: Key{s.Kind, s.Source, string(name), s.Service}, where: place(s.Host, s.Path), first: hour}
		e.last.Store(hour)
		v.mu.Lock()
		e = v.insert(e)
		v.mu.Unlock()
	}
	e.count.Add(max(s.Times, 1))
	if s.Blocked {
		e.blocked.Add(max(s.Times, 1))
	}
	if s.Lifetime != 0 {
		e.lives.Store(int64(s.Lifetime))
	}
	if hour > e.last.Load() {
		e.last.Store(hour)
	}
}

// insert adds e and returns what stands under its key then; mu is held. When its
// group is full, the least seen goes, of several the newest: in a flood of names
// that are seen once, each takes the place of the one before.
func (v *Inventory) insert(e *entry) *entry {
	if known := v.entries[e.key]; known != nil {
		return known
	}
	if _, ok := v.gone[e.key]; ok {
		e.stored = true
		delete(v.gone, e.key)
	}
	g := group(e.key)
	if list := v.groups[g]; len(list) == limits[g] {
		i := leastSeen(list)
		v.remove(list[i])
		v.groups[g] = slices.Delete(list, i, i+1)
	}
	v.groups[g] = append(v.groups[g], e)
	v.entries[e.key] = e
	return e
}

func leastSeen(list []*entry) int {
	least, count := 0, int64(math.MaxInt64)
	for i, e := range slices.Backward(list) {
		if n := e.count.Load(); n < count {
			least, count = i, n
		}
		if count <= 1 {
			break // nothing is seen less
		}
	}
	return least
}

// remove forgets e, which still stands in its group; mu is held.
func (v *Inventory) remove(e *entry) {
	delete(v.entries, e.key)
	if e.stored {
		v.gone[e.key] = struct{}{}
	}
}

// Forget removes what was seen last before t.
func (v *Inventory) Forget(t time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, list := range v.groups {
		v.groups[i] = slices.DeleteFunc(list, func(e *entry) bool {
			old := e.last.Load() < hours(t)
			if old {
				v.remove(e)
			}
			return old
		})
	}
}

// List returns everything, or what is of the kinds alone, ordered by key.
func (v *Inventory) List(kinds ...Kind) []Sighting {
	v.mu.RLock()
	list := make([]Sighting, 0, len(v.entries))
	for _, e := range v.entries {
		if len(kinds) == 0 || slices.Contains(kinds, e.key.Kind) {
			list = append(list, e.sighting())
		}
	}
	v.mu.RUnlock()
	slices.SortFunc(list, func(a, b Sighting) int { return compareKeys(a.Key, b.Key) })
	return list
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Service, b.Service))
}

func (e *entry) sighting() Sighting {
	return Sighting{
		Key: e.key, Where: e.where, Count: e.count.Load(), Blocked: e.blocked.Load(),
		First: fromHours(e.first), Last: fromHours(e.last.Load()),
		Lifetime: time.Duration(e.lives.Load()),
	}
}

func hours(t time.Time) int64 { return t.Unix() / 3600 }

func fromHours(hours int64) time.Time { return time.Unix(hours*3600, 0).UTC() }
