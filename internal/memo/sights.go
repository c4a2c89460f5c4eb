package memo

import (
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// sight is one call of a gate.Observer's method.
type sight struct {
	kind    sightKind
	source  inventory.Source
	denied  bool
	service int
	layer   gate.Layer
	host    []byte
}

type sightKind uint8

const (
	blocked sightKind = iota
	ran
	sawHost
	sawOwn
)

func (s *sight) tell(o gate.Observer) {
	switch s.kind {
	case blocked:
		o.Blocked(s.layer, s.service)
	case ran:
		o.Ran(s.service)
	case sawHost:
		o.SawHost(s.source, s.host, s.service, s.denied)
	case sawOwn:
		o.SawOwn(s.service, s.denied)
	}
}

// witness passes on what the gate tells, and notes it while a segment is recorded.
type witness struct {
	gate.Observer // of the page
	recording     bool
	sights        []sight
}

func (w *witness) note(s sight) {
	if w.recording {
		w.sights = append(w.sights, s)
	}
}

func (w *witness) Blocked(layer gate.Layer, service int) {
	w.note(sight{kind: blocked, layer: layer, service: service})
	w.Observer.Blocked(layer, service)
}

func (w *witness) Ran(service int) {
	w.note(sight{kind: ran, service: service})
	w.Observer.Ran(service)
}

func (w *witness) SawHost(source inventory.Source, host []byte, service int, denied bool) {
	if w.recording {
		w.note(sight{kind: sawHost, source: source, host: append([]byte(nil), host...), service: service, denied: denied})
	}
	w.Observer.SawHost(source, host, service, denied)
}

func (w *witness) SawOwn(service int, denied bool) {
	w.note(sight{kind: sawOwn, service: service, denied: denied})
	w.Observer.SawOwn(service, denied)
}
