package module

import (
	"hash/maphash"
	"sync/atomic"
)

// recent remembers what the latest keys mean. Each has one place that it may lie in, so
// that memory is bounded whatever clients send. It is safe for concurrent use.
type recent[K comparable, V any] struct {
	seed   maphash.Seed
	places [256]atomic.Pointer[meaning[K, V]]
}

type meaning[K comparable, V any] struct {
	key   K
	value V
}

func newRecent[K comparable, V any]() *recent[K, V] { return &recent[K, V]{seed: maphash.MakeSeed()} }

func (r *recent[K, V]) place(key K) *atomic.Pointer[meaning[K, V]] {
	return &r.places[maphash.Comparable(r.seed, key)%uint64(len(r.places))]
}

func (r *recent[K, V]) find(key K) (value V, known bool) {
	if m := r.place(key).Load(); m != nil && m.key == key {
		return m.value, true
	}
	return value, false
}

func (r *recent[K, V]) keep(key K, value V) { r.place(key).Store(&meaning[K, V]{key, value}) }
