// Package memo rewrites pages and remembers what the rewriting made of each segment of
// their bodies, so that the same bytes under the same choice aren't scanned again. That
// spares most of the cost of pages that many visitors get.
//
// It owns the segments: where they are cut, how they are known again, how much is
// remembered. Of the pages themselves it keeps only hashes, and of those that go out
// compressed what stands between the two insertions of an opening. What is inserted is decided
// by package gate and found by package htmlstream; a page comes out the same with and
// without a memory.
package memo

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/mamen-ai/consentgate/internal/contentcoding"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

const (
	// bodyWindow is how many bytes a segment of a body is looked up by, and its least
	// size but for the last.
	bodyWindow = 4 << 10
	// openingWindow is the same of an opening.
	openingWindow = 512
	// maxSegment is the most bytes of a segment of a body that is remembered.
	maxSegment = 2 * bodyWindow
	// maxOpening is the same of an opening.
	maxOpening = 32 << 10
	// minMiddle is from how many bytes on what stands between head and body is
	// compressed once, and not for every visitor.
	minMiddle = 256
	// maxMiddle is up to how many it is.
	maxMiddle = 8 << 10
	// maxNotes is the most edits, and the most sights, of a segment that is remembered.
	maxNotes = 256
	// maxMemory bounds what is remembered, in bytes; about twice as much while a new
	// generation grows.
	maxMemory = 8 << 20
)

// Memory remembers segments of a site's pages. It is safe for concurrent use. Whoever
// knows neither its seed nor the site's pages can't make two segments that it takes
// for each other.
type Memory struct {
	seed maphash.Seed

	mu sync.Mutex
	// Segments are forgotten by generations: what wasn't asked for while the young one
	// grew full goes with the old one.
	young, old map[key]*segment
	size       int // of young, in bytes
	// once holds the hashes of segments that were seen one time, by their last bits: the
	// last two of each. What is made for one visitor ends here.
	once [1 << 13][2]uint64
}

// NewMemory returns an empty memory.
func NewMemory() *Memory {
	return &Memory{seed: maphash.MakeSeed(), young: map[key]*segment{}}
}

// key is what a segment is looked up by.
type key struct {
	part   part
	permit *gate.Permit
	path   uint64 // hash of the path of its page
	window uint64 // hash of its first bytes
}

// part is where in a page a segment lies. It is as wide as the rest of a key, which then
// has no gaps and is hashed and compared in one go.
type part uint64

const (
	inBody            part = iota
	opening                // of what may be a fragment
	openingOfDocument      // of what certainly is none
)

// limit returns how many bytes of a segment are remembered at most.
func (p part) limit() int {
	if p == inBody {
		return maxSegment
	}
	return maxOpening
}

// segment is what was made, in a context, of bytes that lead from one place where the
// rewriter rests to the next.
type segment struct {
	context gate.Context
	size    int    // in bytes
	rest    uint64 // hash of the bytes behind the window
	edits   []htmlstream.Edit
	sights  []sight
	// middle is what comes out of an opening between head and body, once it was wanted.
	middle atomic.Pointer[contentcoding.Piece]
}

// weight is about what the segment takes in memory, in bytes.
func (s *segment) weight() int {
	n := 300 + len(s.context.Path) + 24*len(s.edits) + 64*len(s.sights)
	for _, edit := range s.edits {
		n += len(edit.Text)
	}
	for _, sight := range s.sights {
		n += len(sight.host)
	}
	if middle := s.middle.Load(); middle != nil {
		n += weightOfMiddle(len(middle.Bytes()))
	}
	return n
}

// weightOfMiddle is about what a middle of some bytes takes: itself, and compressed.
func weightOfMiddle(bytes int) int { return 200 + 2*bytes }

// find returns the segment of the key, which may be of another context. Without one it
// reports whether the key was asked for before, so that it's worth remembering.
func (m *Memory) find(k key) (s *segment, again bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.young[k]; s != nil {
		return s, true
	}
	if s := m.old[k]; s != nil {
		m.put(k, s)
		return s, true
	}
	hash := k.path ^ k.window + uint64(k.part)
	place := &m.once[hash%uint64(len(m.once))]
	again = place[0] == hash || place[1] == hash
	if place[0] != hash {
		*place = [2]uint64{hash, place[0]}
	}
	return nil, again
}

// keep remembers a segment.
func (m *Memory) keep(k key, s *segment) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(k, s)
}

// grow makes room for what a segment takes beyond its weight, in bytes, if there is any.
func (m *Memory) grow(bytes int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.size+bytes > maxMemory {
		return false
	}
	m.size += bytes
	return true
}

func (m *Memory) put(k key, s *segment) {
	if m.size += s.weight(); m.size > maxMemory {
		m.old, m.young, m.size = m.young, map[key]*segment{}, s.weight()
	}
	m.young[k] = s
}
