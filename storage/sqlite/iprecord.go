package sqlite

import (
	"hash/maphash"
	"net/netip"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// ipRecord is what an IP record holds beside the person.
type ipRecord struct {
	purpose   string
	service   string
	visitorID string
	salt      []byte
}

// addIP writes one IP record.
func (w *writer) addIP(kind string, at time.Time, id consent.ID, p storage.Person, r ipRecord) error {
	return w.add(ipTable, kind, at, id, ipText(p.IP), r.purpose, r.service, r.visitorID, p.Browser, r.salt)
}

// addIPOnce writes an IP record, unless one of the same day that differs in its time
// alone is known: it would tell nothing more of anyone (GDPR article 5 (1) (c)).
func (w *writer) addIPOnce(kind string, at time.Time, id consent.ID, p storage.Person, r ipRecord) error {
	hash := maphash.Comparable(w.seed, ipKey{
		kind, policy.DayOf(at, w.store.location), id, p, r.purpose, r.service, r.visitorID,
	})
	if w.known[hash] {
		return nil
	}
	if err := w.addIP(kind, at, id, p, r); err != nil {
		return err
	}
	if len(w.known) >= maxKnown {
		clear(w.known)
	}
	w.known[hash] = true
	return nil
}

// ipKey tells IP records of visits apart.
type ipKey struct {
	kind                        string
	day                         policy.Day
	id                          consent.ID
	person                      storage.Person
	purpose, service, visitorID string
}

// maxKnown bounds the consents whose standing is known, and the IP records that are known.
// These are known by 64-bit hashes with a secret seed: that two of a million visits share
// one is less likely than one in ten million.
const maxKnown = 1 << 16

// ipText returns the address as it is stored; empty when there is none.
func ipText(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return ip.String()
}
