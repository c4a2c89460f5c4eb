package storage

import (
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// Erasure is a destruction that a revoked consent demands and that isn't
// finished.
type Erasure struct {
	ConsentID consent.ID
	Reason    Reason    // of the first event that demanded it
	At        time.Time // of that event; UTC, milliseconds
}

// Revokes returns why the records of a consent must be destroyed after the
// event, and false when the event leaves the consent in force or there was none.
func (e Event) Revokes() (Reason, bool) {
	switch e {
	case Withdrawn:
		return ConsentRevoked, true
	case Erased:
		return SubjectRequest, true
	}
	return "", false
}
