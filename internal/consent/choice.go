package consent

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// State says how far a visitor has come in deciding.
type State uint8

const (
	// Undecided visitors haven't answered; nothing optional is allowed.
	Undecided State = iota
	// Refused visitors answered no to everything optional.
	Refused
	// Allowed visitors allowed at least one category or service.
	Allowed
	// Stale choices were made under an older edition of the policy, have passed
	// their validity, or were asked about less than the site asks about. They
	// allow nothing and the visitor is asked again.
	Stale
)

var stateNames = [...]string{"undecided", "refused", "allowed", "stale"}

// String returns the state's name.
func (s State) String() string { return stateNames[s] }

// ID is the random pseudonym under which records of one allowed choice are
// kept. It exists only while something is allowed.
type ID [16]byte

// NewID returns a fresh random ID.
func NewID() ID {
	var id ID
	rand.Read(id[:]) // never fails: crypto/rand aborts the program instead
	return id
}

// ParseID reads the 32 hexadecimal digits of an ID.
func ParseID(text string) (ID, error) {
	var id ID
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(id) {
		return id, fmt.Errorf("a consent ID has %d hexadecimal digits", 2*len(id))
	}
	copy(id[:], raw)
	return id, nil
}

// IsZero reports whether the ID is absent.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText writes the ID in hexadecimal, and nothing for an absent one.
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return nil, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// String returns the ID in hexadecimal.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Tag is a service's name in the cookie: the first 24 bits of the SHA-256 of
// its catalogue ID. The configuration refuses two services with one tag.
type Tag uint32

// TagOf returns the tag of the service with the given catalogue ID.
func TagOf(service string) Tag {
	sum := sha256.Sum256([]byte(service))
	return Tag(sum[0])<<16 | Tag(sum[1])<<8 | Tag(sum[2])
}

// Choice is what one visitor decided.
type Choice struct {
	State      State
	Categories Set   // allowed whole
	Services   []Tag // allowed one by one, beyond Categories; sorted
	Edition    policy.Day
	Day        policy.Day // local day on which the visitor decided
	ID         ID         // zero unless State is Allowed, or Stale after Allowed
	Offer      Digest     // of what the visitor was asked about
	Outdated   Outdated   // why State is Stale
}

// Allows reports whether the choice lets a service of the given category and
// tag run.
func (c Choice) Allows(category Category, tag Tag) bool {
	if category == Necessary {
		return true
	}
	if c.State != Allowed {
		return false
	}
	if c.Categories.Has(category) {
		return true
	}
	_, found := slices.BinarySearch(c.Services, tag)
	return found
}

// Stricter returns the choice that allows less: what a request with two
// choice cookies is answered by.
func Stricter(a, b Choice) Choice {
	strictness := func(c Choice) int {
		if c.State != Allowed {
			return -1
		}
		return 100*len(c.Categories.Categories()) + len(c.Services)
	}
	if strictness(b) < strictness(a) {
		return b
	}
	return a
}
