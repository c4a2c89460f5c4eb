package catalogue

import "slices"

// automaton finds all markers in one pass over the text (Aho and Corasick 1975,
// as a complete transition table). A transition is the offset of the next state's
// row; its highest bit says that a marker ends there.
type automaton struct {
	class  [256]uint8 // column of a byte; skipped bytes have none
	width  uint32     // columns of a row
	table  []uint32
	output [][]int // services whose marker ends in a state, by row number
	// shallow is the last of the states in which no more than one byte of any marker
	// was read.
	shallow uint32
	// pairs tells, for two bytes side by side, by their columns, at which of the first
	// places markers have them, a bit for each.
	pairs [1 << 16]uint8
}

const (
	skip      = 0xff // class of the bytes that are passed over
	markerEnd = 1 << 31
	// beginning is how many pairs of bytes a text must share with the beginnings of
	// markers for the table to be followed. No marker has fewer: see minMarker.
	beginning = 5
)

// squeeze returns the text as markers are compared: without white space and "\",
// with one kind of quotation mark.
func squeeze(text string) []byte {
	var squeezed []byte
	for i := range len(text) {
		switch b := text[i]; b {
		case ' ', '\t', '\n', '\r', '\f', '\v', '\\':
		case '"', '`':
			squeezed = append(squeezed, '\'')
		default:
			squeezed = append(squeezed, b)
		}
	}
	return squeezed
}

// find appends the services of which a marker occurs in the text and that aren't found
// yet. Only from where the text begins as some marker does is the table followed: up to
// where no more than the first byte of one fits.
func (a *automaton) find(text []byte, found []int) []int {
	if len(a.table) == 0 {
		return found
	}
	for i := a.begin(text, 0); i < len(text); i = a.begin(text, i) {
		state := uint32(0)
		for first := i; i < len(text); i++ {
			class := a.class[text[i]]
			if class == skip {
				continue
			}
			state = a.table[state+uint32(class)]
			if state&markerEnd != 0 {
				state &^= markerEnd
				for _, service := range a.output[state/a.width] {
					if !slices.Contains(found, service) {
						found = append(found, service)
					}
				}
			}
			if state <= a.shallow && i > first {
				break // text[i] may be the first byte of another
			}
		}
	}
	return found
}

// begin returns from where on, beginning at i, a marker may begin. It follows the first
// pairs of all markers at once, a bit for each place (Baeza-Yates and Gonnet 1992).
func (a *automaton) begin(text []byte, i int) int {
	places, before := uint32(0), uint32(0)
	for ; i < len(text); i++ {
		class := a.class[text[i]]
		if class == skip {
			continue
		}
		places = (places<<1 | 1) & uint32(a.pairs[before|uint32(class)])
		if places >= 1<<(beginning-1) {
			return a.back(text, i, beginning)
		}
		before = uint32(class) << 8
	}
	return i
}

// back returns where the n-th byte before text[i] is that isn't passed over.
func (a *automaton) back(text []byte, i, n int) int {
	for n > 0 {
		i--
		if a.class[text[i]] != skip {
			n--
		}
	}
	return i
}

// automatonBuilder collects markers. The zero value is ready.
type automatonBuilder struct {
	markers  [][]byte
	services []int
}

func (b *automatonBuilder) add(marker string, service int) {
	b.markers = append(b.markers, squeeze(marker))
	b.services = append(b.services, service)
}

func (b *automatonBuilder) build() automaton {
	var a automaton
	if len(b.markers) == 0 {
		return a
	}
	a.width = b.classes(&a)
	a.addRow()
	for _, marker := range b.markers {
		if cell := a.class[marker[0]]; a.table[cell] == 0 {
			a.table[cell] = a.addRow()
			a.shallow = a.table[cell]
		}
	}
	for i, marker := range b.markers {
		state := uint32(0)
		for _, c := range marker {
			cell := state + uint32(a.class[c])
			if a.table[cell] == 0 {
				a.table[cell] = a.addRow()
			}
			state = a.table[cell]
		}
		a.addOutput(state, b.services[i])
	}
	b.notePairs(&a)
	a.complete()
	return a
}

// notePairs notes the pairs of bytes with which markers begin.
func (b *automatonBuilder) notePairs(a *automaton) {
	for _, marker := range b.markers {
		for place := range beginning {
			first, second := a.class[marker[place]], a.class[marker[place+1]]
			a.pairs[uint32(first)<<8|uint32(second)] |= 1 << place
		}
	}
}

// addRow appends a state and returns its offset.
func (a *automaton) addRow() uint32 {
	a.table = append(a.table, make([]uint32, a.width)...)
	a.output = append(a.output, nil)
	return uint32(len(a.table)) - a.width
}

func (a *automaton) addOutput(state uint32, services ...int) {
	output := &a.output[state/a.width]
	for _, service := range services {
		if !slices.Contains(*output, service) {
			*output = append(*output, service)
		}
	}
}

// classes gives a column to every byte that occurs in a marker, and one to all
// others together.
func (b *automatonBuilder) classes(a *automaton) (width uint32) {
	next := uint8(1)
	for _, marker := range b.markers {
		for _, c := range marker {
			if a.class[c] == 0 {
				a.class[c], next = next, next+1
			}
		}
	}
	for c := range len(a.class) {
		switch squeezed := squeeze(string([]byte{byte(c)})); {
		case len(squeezed) == 0:
			a.class[c] = skip
		case squeezed[0] != byte(c):
			a.class[c] = a.class[squeezed[0]]
		}
	}
	return uint32(next)
}

// complete turns the tree of markers into the full table: breadth first, a
// missing transition is that of the longest suffix that is also a prefix.
func (a *automaton) complete() {
	fallback := make([]uint32, len(a.output)) // by row number
	queue := []uint32{0}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		suffix := fallback[state/a.width]
		for class := range a.width {
			cell := &a.table[state+class]
			shorter := a.table[suffix+class]
			if state == 0 {
				shorter = 0
			}
			if *cell == 0 {
				*cell = shorter
				continue
			}
			fallback[*cell/a.width] = shorter
			a.addOutput(*cell, a.output[shorter/a.width]...)
			queue = append(queue, *cell)
		}
	}
	for i, next := range a.table {
		if len(a.output[next/a.width]) > 0 {
			a.table[i] = next | markerEnd
		}
	}
}
