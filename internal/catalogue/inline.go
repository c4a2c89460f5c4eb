package catalogue

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"sync"
)

// inlineMarkers finds the markers of inline scripts in one pass over the text. Of every
// marker it knows a window of seven bytes, chosen where other scripts hardly have the
// same; to look at four bytes of every four is enough to meet each window that is there
// (a q-gram filter: Jokinen and Ukkonen 1991).
type inlineMarkers struct {
	filter  filter // of the four bytes at each anchor
	anchors map[uint32][]anchor
	longest int       // marker, in bytes; 0: there are none
	buffers sync.Pool // of *[]byte, for squeezed text
}

// anchor is a place in a marker.
type anchor struct {
	marker  []byte // squeezed
	offset  int
	service int
}

const (
	gram   = 4                 // bytes that are looked at
	stride = 4                 // bytes from where they are looked at to where next
	window = gram + stride - 1 // of a marker, in bytes; none is shorter
	// portion is how many bytes of a text are squeezed at a time.
	portion = 4 << 10
)

const _ = uint(minMarker - window) // doesn't compile when a marker could be shorter

// newInlineMarkers compiles the inline markers of services.
func newInlineMarkers(services []Service) *inlineMarkers {
	m := &inlineMarkers{anchors: map[uint32][]anchor{}}
	for i, service := range services {
		for _, text := range service.Inline {
			marker := squeeze(text)
			m.longest = max(m.longest, len(marker))
			first := rarest(marker)
			for offset := first; offset < first+stride; offset++ {
				for _, spelling := range spellings(marker[offset : offset+gram]) {
					m.filter.add(spelling)
					m.anchors[spelling] = append(m.anchors[spelling], anchor{marker, offset, i})
				}
			}
		}
	}
	m.buffers.New = func() any {
		buffer := make([]byte, portion+2*m.longest+spare)
		return &buffer
	}
	return m
}

// find appends the services of which a marker occurs in the text and that aren't found
// yet.
func (m *inlineMarkers) find(text []byte, found []int) []int {
	pooled := m.buffers.Get().(*[]byte)
	defer m.buffers.Put(pooled)
	buffer, n, at := *pooled, 0, 0
	for {
		more := min(len(text), portion)
		n += dense(buffer[n:], text[:more])
		text = text[more:]
		end := n - m.longest // up to here every marker that has its anchor here is whole
		if len(text) == 0 {
			end = n - gram
		}
		for ; at <= end; at += stride {
			if m.filter.mayHold(binary.LittleEndian.Uint32(buffer[at:])) {
				found = m.compare(buffer[:n], at, found)
			}
		}
		if len(text) == 0 {
			return found
		}
		begin := max(0, at-m.longest)
		n, at = copy(buffer, buffer[begin:n]), at-begin
	}
}

// compare appends the services of which a marker has an anchor at a place of the text,
// and all that belongs around it.
func (m *inlineMarkers) compare(text []byte, at int, found []int) []int {
	for _, a := range m.anchors[binary.LittleEndian.Uint32(text[at:])] {
		if begin := at - a.offset; begin >= 0 && isAt(text[begin:], a.marker) && !slices.Contains(found, a.service) {
			found = append(found, a.service)
		}
	}
	return found
}

// isAt reports whether the text without white space and "\" begins with the marker.
func isAt(text, marker []byte) bool {
	if len(text) < len(marker) {
		return false
	}
	for i, b := range marker {
		if unquoted(text[i]) != b {
			return false
		}
	}
	return true
}

// common are the bytes of squeezed inline scripts, the most frequent first: counted in
// 5.8 MB of them on 130 pages.
const common = `e'tainors,dlc0ump:2.1g4h-389f5b)(y7=w6v/_;{}kTFxNAISEMR&CjLDO][WZzYBPU<>|QG+HVq!XJ$K?*#%^@~`

// words are what many scripts consist of.
const words = `(window.location.document.createElement('script').setAttribute('href','https://www.google.com/static/index.js?id=');` +
	`.dataset.getElementById('link').addEventListener('load',ready(event)):video.player.init({config,form,page,text,block:context,counter:start});` +
	`=window.data.push(content.fonts.length,cookie,object.site,track,code)`

// rarest returns where in a marker the window begins that other scripts are the least
// likely to have.
func rarest(marker []byte) (at int) {
	best := math.MinInt
	for i := 0; i+window <= len(marker); i++ {
		rarity := 0
		for _, b := range marker[i : i+window] {
			if rank := strings.IndexByte(common, b); rank >= 0 {
				rarity += rank
			} else {
				rarity += len(common)
			}
		}
		for k := i; k < i+stride; k++ {
			if strings.Contains(words, string(marker[k:k+gram])) {
				rarity -= window * len(common)
			}
		}
		if rarity > best {
			best, at = rarity, i
		}
	}
	return at
}

// filter is a set that may seem to hold more than was added: a bit for each hash.
type filter [1 << 11]uint64

func (f *filter) add(value uint32) {
	hash := hashOf(value)
	f[hash/64%uint32(len(f))] |= 1 << (hash % 64)
}

func (f *filter) mayHold(value uint32) bool {
	hash := hashOf(value)
	return f[hash/64%uint32(len(f))]&(1<<(hash%64)) != 0
}

// hashOf returns 17 bits (Knuth, The Art of Computer Programming 3, 6.4).
func hashOf(value uint32) uint32 { return value * 0x9e3779b1 >> 15 }
