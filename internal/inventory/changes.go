package inventory

// Changes are what a database must be told since the last time.
type Changes struct {
	Seen []Sighting // new, or seen again: each replaces what is kept under its key
	Gone []Key      // to be removed

	entries []*entry // of Seen
}

// Empty reports that nothing changed.
func (c Changes) Empty() bool { return len(c.Seen)+len(c.Gone) == 0 }

// Changes returns what changed since the last call of Saved. Calls of the two must
// not overlap with others'.
func (v *Inventory) Changes() Changes {
	v.mu.Lock()
	defer v.mu.Unlock()
	var c Changes
	for _, list := range v.groups {
		for _, e := range list {
			seen := e.sighting()
			if seen.Count == e.saved {
				continue
			}
			e.stored = true // also when the writing fails half-way
			c.Seen = append(c.Seen, seen)
			c.entries = append(c.entries, e)
		}
	}
	for key := range v.gone {
		c.Gone = append(c.Gone, key)
	}
	return c
}

// Saved says that the changes are durable.
func (v *Inventory) Saved(c Changes) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, e := range c.entries {
		e.saved = c.Seen[i].Count
	}
	for _, key := range c.Gone {
		delete(v.gone, key)
	}
}

// Load adds what a database holds to what was seen meanwhile: counts add up. What
// has no place, or isn't valid, is gone.
func (v *Inventory) Load(list []Sighting) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range list {
		if !valid(s.Kind, s.Source, []byte(s.Name)) {
			v.gone[s.Key] = struct{}{}
			continue
		}
		e := &entry{key: s.Key, where: s.Where, first: hours(s.First), stored: true, saved: s.Count}
		e.count.Store(s.Count)
		e.blocked.Store(s.Blocked)
		e.last.Store(hours(s.Last))
		e.lives.Store(int64(s.Lifetime))
		known := v.insert(e)
		if known == e {
			continue
		}
		known.where, known.first = e.where, min(known.first, e.first)
		known.stored, known.saved = true, e.saved
		known.count.Add(s.Count)
		known.blocked.Add(s.Blocked)
		known.last.Store(max(known.last.Load(), hours(s.Last)))
		known.lives.CompareAndSwap(0, int64(s.Lifetime))
	}
}
