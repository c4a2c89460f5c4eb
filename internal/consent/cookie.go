package consent

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// CookieName is the name of the one cookie that carries a choice.
const CookieName = "privacy_choice"

// MaxServices is how many services a choice can allow one by one, beyond whole
// categories: as many as fit a cookie value of 140 bytes.
const MaxServices = 16

const (
	codecVersion = 1
	headerSize   = 7 // version, key, edition (2), day (2), categories
	idSize       = len(ID{})
	tagSize      = 3
	macSize      = sha256.Size
	hasID        = 1 << 7 // in the byte of categories, whose own bits are lower
)

// Keyring holds the keys that sign choices. Cookies are signed with the current
// key; the others still verify, so that a rotation loses no choice.
type Keyring struct {
	Current uint8            `json:"current"`
	Keys    map[uint8][]byte `json:"keys"` // 32 random bytes each
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

// Codec writes and reads the value of the choice cookie. The value is
//
//	base64url( version ‖ key id ‖ edition ‖ day ‖ categories ‖ [id] ‖ tags ‖ HMAC-SHA256 )
//
// with dates as days since 1970 in two bytes. The signature covers the site's
// name, so that a choice made on one site means nothing on another that shares
// the keys.
type Codec struct {
	keys Keyring
	site string
}

// NewCodec returns the codec of one site.
func NewCodec(keys Keyring, site string) (*Codec, error) {
	if err := keys.Validate(); err != nil {
		return nil, fmt.Errorf("choice cookie of %s: %w", site, err)
	}
	return &Codec{keys: keys, site: site}, nil
}

// Encode returns the cookie value of a refused or allowed choice, at most 140
// bytes of the base64url alphabet. Services beyond MaxServices are left out:
// less is allowed then, never more.
func (c *Codec) Encode(choice Choice) string {
	raw := make([]byte, 0, headerSize+idSize+MaxServices*tagSize+macSize)
	raw = append(raw, codecVersion, c.keys.Current)
	raw = binary.BigEndian.AppendUint16(raw, uint16(choice.Edition.Number()))
	raw = binary.BigEndian.AppendUint16(raw, uint16(choice.Day.Number()))
	if choice.State == Allowed {
		raw = append(raw, byte(choice.Categories)|hasID)
		raw = append(raw, choice.ID[:]...)
		tags := slices.Clone(choice.Services)
		slices.Sort(tags)
		for _, tag := range tags[:min(len(tags), MaxServices)] {
			raw = append(raw, byte(tag>>16), byte(tag>>8), byte(tag))
		}
	} else {
		raw = append(raw, 0)
	}
	raw = c.sign(raw, c.keys.Keys[c.keys.Current])
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Decode reads a cookie value. A bad, forged or foreign value is an undecided
// choice; one made under an older edition than the given one, or more than
// months calendar months before today, is stale.
func (c *Codec) Decode(value string, edition, today policy.Day, months int) Choice {
	raw, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(raw) < headerSize+macSize || raw[0] != codecVersion {
		return Choice{}
	}
	key, known := c.keys.Keys[raw[1]]
	body := raw[:len(raw)-macSize]
	if !known || !hmac.Equal(c.sign(slices.Clip(body), key), raw) {
		return Choice{}
	}
	choice := Choice{
		State:   Refused,
		Edition: policy.DayFromNumber(int(binary.BigEndian.Uint16(body[2:]))),
		Day:     policy.DayFromNumber(int(binary.BigEndian.Uint16(body[4:]))),
	}
	flags, rest := body[6], body[headerSize:]
	if flags&hasID != 0 {
		if len(rest) < idSize || (len(rest)-idSize)%tagSize != 0 {
			return Choice{}
		}
		choice.State = Allowed
		choice.Categories = Set(flags) & All
		copy(choice.ID[:], rest)
		for rest = rest[idSize:]; len(rest) > 0; rest = rest[tagSize:] {
			choice.Services = append(choice.Services, Tag(rest[0])<<16|Tag(rest[1])<<8|Tag(rest[2]))
		}
	}
	if choice.Edition != edition || choice.Day.AddMonths(months).Before(today) || today.Before(choice.Day.AddMonths(-1)) {
		choice.State = Stale
	}
	return choice
}

func (c *Codec) sign(body, key []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(CookieName))
	mac.Write([]byte{0})
	mac.Write([]byte(c.site))
	mac.Write([]byte{0})
	mac.Write(body)
	return mac.Sum(body)
}
