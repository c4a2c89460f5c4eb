package catalogue

// table maps names to lists, with a cheap answer for names that it doesn't hold:
// nearly all hosts and segments of a page are in no pattern, and asking the map
// about each would cost several times as much. The zero value is empty.
type table[V any] struct {
	lists map[string][]V
	// sketches has a bit for the sketch of every name.
	sketches [1 << sketchBits / 64]uint64
}

// sketchBits is the size of a sketch: there are some seventy times as many as the
// built-in catalogue has hosts, in 2 KB.
const sketchBits = 14

// sketch is a hash of the length and of four bytes of a name that isn't empty.
func sketch[T string | []byte](name T) uint64 {
	n := uint(len(name))
	few := uint64(n)<<32 | uint64(name[n/2])<<24 | uint64(name[n/4])<<16 | uint64(name[n-1-n/4])<<8 | uint64(name[0])
	return few * 0x9e3779b97f4a7c15 >> (64 - sketchBits) // Fibonacci hashing
}

func (t *table[V]) add(name string, value V) {
	if t.lists == nil {
		t.lists = make(map[string][]V)
	}
	t.lists[name] = append(t.lists[name], value)
	if name != "" {
		s := sketch(name)
		t.sketches[s/64] |= 1 << (s % 64)
	}
}

// get returns the list of a name that isn't empty.
func (t *table[V]) get(name []byte) []V {
	if len(name) == 0 {
		return nil
	}
	if s := sketch(name); t.sketches[s/64]&(1<<(s%64)) == 0 {
		return nil
	}
	return t.lists[string(name)]
}
