package retention

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// memory is a store with parts and nothing in them.
type memory struct {
	guard    sync.Mutex
	parts    []storage.Part
	erasures []storage.Erasure
	mark     time.Time
	scrubs   int
	sealed   int
	aged     []storage.Act // of the ledger's months

	forgotten storage.Act // of requests
	residual  int64
	failing   map[string]error // by part name, consent ID or method
}

func (m *memory) PendingErasures(context.Context) ([]storage.Erasure, error) {
	m.guard.Lock()
	defer m.guard.Unlock()
	return slices.Clone(m.erasures), m.failing["PendingErasures"]
}

func (m *memory) Erase(_ context.Context, id consent.ID, reason storage.Reason, actor string) ([]storage.Act, error) {
	m.guard.Lock()
	defer m.guard.Unlock()
	acts := []storage.Act{{Part: "erased_" + id.String()[:2], Reason: reason, Actor: actor}}
	if err := m.failing[id.String()]; err != nil {
		return acts, err // from another part
	}
	m.erasures = slices.DeleteFunc(m.erasures, func(e storage.Erasure) bool { return e.ConsentID == id })
	return acts, nil
}

func (m *memory) Parts(context.Context) ([]storage.Part, error) {
	m.guard.Lock()
	defer m.guard.Unlock()
	return slices.Clone(m.parts), m.failing["Parts"]
}

func (m *memory) DropPart(_ context.Context, name string, reason storage.Reason, actor string) (storage.Act, error) {
	m.guard.Lock()
	defer m.guard.Unlock()
	if err := m.failing[name]; err != nil {
		return storage.Act{}, err
	}
	for i := range m.parts {
		if m.parts[i].Name == name {
			m.parts[i].State = storage.Dropped
			return storage.Act{Part: name, Reason: reason, Actor: actor}, nil
		}
	}
	return storage.Act{}, fmt.Errorf("no part %s", name)
}

func (m *memory) Scrub(context.Context) (int64, error) {
	m.guard.Lock()
	defer m.guard.Unlock()
	m.scrubs++
	return m.residual, m.failing["Scrub"]
}

func (m *memory) Seal(context.Context) ([]storage.Segment, error) {
	m.guard.Lock()
	defer m.guard.Unlock()
	m.sealed++
	return nil, m.failing["Seal"]
}

func (m *memory) DropSegments(_ context.Context, actor string) ([]storage.Act, error) {
	m.guard.Lock()
	defer m.guard.Unlock()
	if err := m.failing["DropSegments"]; err != nil {
		return nil, err
	}
	return m.aged, nil
}

func (m *memory) DropRequests(_ context.Context, actor string) (storage.Act, error) {
	m.guard.Lock()
	defer m.guard.Unlock()
	return m.forgotten, m.failing["DropRequests"]
}

func (m *memory) ClockMark(context.Context) (time.Time, error) {
	m.guard.Lock()
	defer m.guard.Unlock()
	return m.mark, m.failing["ClockMark"]
}

func (m *memory) SetClockMark(_ context.Context, t time.Time) error {
	m.guard.Lock()
	defer m.guard.Unlock()
	if t.After(m.mark) {
		m.mark = t
	}
	return m.failing["SetClockMark"]
}

// fill adds the parts of n days, the first of which is due at the given time
// and each other a day later.
func (m *memory) fill(first time.Time, n int, kinds ...string) {
	for i := range n {
		for _, kind := range kinds {
			for _, table := range []string{"ip", "visits"} {
				m.parts = append(m.parts, storage.Part{
					Name: fmt.Sprintf("%s_%s_%03d", table, kind, i), Kind: kind, Table: table,
					DropAt: first.AddDate(0, 0, i), State: storage.Live,
				})
			}
		}
	}
}
