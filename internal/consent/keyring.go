package consent

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// maxMonths is how long a choice can be valid, in calendar months.
const maxMonths = 12

// Keyring holds the keys that sign choices. Cookies are signed with the current
// key; the others still verify, so that a rotation loses no choice.
type Keyring struct {
	Current uint8            `json:"current"`
	Keys    map[uint8][]byte `json:"keys"` // 32 random bytes each
	// Until has, for keys that were replaced, the last day of a choice that they
	// verify.
	Until map[uint8]policy.Day `json:"until,omitempty"`
}

// Validate reports what makes the keyring unusable.
func (k Keyring) Validate() error {
	if _, ok := k.Keys[k.Current]; !ok {
		return fmt.Errorf("the current key %d isn't in the keyring", k.Current)
	}
	for id, key := range k.Keys {
		if len(key) < sha256.Size {
			return fmt.Errorf("key %d is %d bytes long: at least %d are needed", id, len(key), sha256.Size)
		}
	}
	return nil
}

// errFull refuses a rotation for which no number is left.
var errFull = errors.New("255 keys for choices were replaced within a year: wait until the choices of the first are over, or revoke them all")

// Rotate returns the keyring that signs with the new key. The key of before
// verifies choices up to the day after today: whoever is being answered, or
// another edge, may still sign with it. Keys whose choices are over are left out.
func (k Keyring) Rotate(key []byte, today policy.Day) (Keyring, error) {
	next := Keyring{Current: k.Current + 1, Keys: map[uint8][]byte{}, Until: maps.Clone(k.Until)}
	if next.Until == nil {
		next.Until = map[uint8]policy.Day{}
	}
	next.Until[k.Current] = policy.DayFromNumber(today.Number() + 1)
	for id, old := range k.Keys {
		if until, replaced := next.Until[id]; !replaced || !until.AddMonths(maxMonths).Before(today) {
			next.Keys[id] = old
		}
	}
	maps.DeleteFunc(next.Until, func(id uint8, _ policy.Day) bool { return next.Keys[id] == nil })
	for next.Current == 0 || next.Keys[next.Current] != nil {
		if len(next.Keys) >= 255 {
			return k, errFull
		}
		next.Current++
	}
	next.Keys[next.Current] = key
	return next, next.Validate()
}

// Alone returns the keyring without all but its current key: what the others
// signed is undecided then.
func (k Keyring) Alone() Keyring {
	return Keyring{Current: k.Current, Keys: map[uint8][]byte{k.Current: k.Keys[k.Current]}}
}

// retired reports whether the key was replaced before the choice was made.
func (k Keyring) retired(id uint8, made policy.Day) bool {
	until, replaced := k.Until[id]
	return replaced && until.Before(made)
}
