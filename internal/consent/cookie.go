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
	fixed   = 7 // version, key, edition (2), day (2), categories
	idSize  = len(ID{})
	tagSize = 3
	hasID   = 1 << 7 // in the byte of categories, whose own bits are lower
)

// layout is what differs between versions of the value.
type layout struct {
	header int // bytes before the ID
	mac    int // bytes of the signature
}

// codecVersion is the version that is written.
const codecVersion = 2

// layouts are those of the versions that are read. Version 1 has no digest of the
// offer and the whole signature.
func layouts(version byte) (l layout, known bool) {
	switch version {
	case 1:
		return layout{header: fixed, mac: sha256.Size}, true
	case 2:
		return layout{header: fixed + len(Digest{}), mac: sha256.Size / 2}, true
	}
	return layout{}, false
}

// Codec writes and reads the value of the choice cookie. The value is
//
//	base64url( version ‖ key id ‖ edition ‖ day ‖ categories ‖ offer ‖ [id] ‖ tags ‖ HMAC-SHA256-128 )
//
// with dates as days since 1970 in two bytes and the signature truncated to 128
// bits (RFC 2104 §5; RFC 4868 §2.6). It covers the site's name, so that a choice
// made on one site means nothing on another that shares the keys.
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
	l, _ := layouts(codecVersion)
	raw := make([]byte, 0, l.header+idSize+MaxServices*tagSize+sha256.Size)
	raw = append(raw, codecVersion, c.keys.Current)
	raw = binary.BigEndian.AppendUint16(raw, uint16(choice.Edition.Number()))
	raw = binary.BigEndian.AppendUint16(raw, uint16(choice.Day.Number()))
	flags := byte(0)
	if choice.State == Allowed {
		flags = byte(choice.Categories) | hasID
	}
	raw = append(raw, flags)
	raw = append(raw, choice.Offer[:]...)
	if choice.State == Allowed {
		raw = append(raw, choice.ID[:]...)
		tags := slices.Clone(choice.Services)
		slices.Sort(tags)
		for _, tag := range tags[:min(len(tags), MaxServices)] {
			raw = append(raw, byte(tag>>16), byte(tag>>8), byte(tag))
		}
	}
	raw = c.sign(raw, c.keys.Keys[c.keys.Current], l.mac)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Decode reads a cookie value. A bad, forged or foreign value is an undecided
// choice; one made under another edition than the given one, or more than months
// calendar months before today, is stale. Whether its offer is out of date is for
// those to judge who know what was asked.
func (c *Codec) Decode(value string, edition, today policy.Day, months int) Choice {
	raw, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(raw) == 0 {
		return Choice{}
	}
	l, known := layouts(raw[0])
	if !known || len(raw) < l.header+l.mac {
		return Choice{}
	}
	key, known := c.keys.Keys[raw[1]]
	body := raw[:len(raw)-l.mac]
	if !known || !hmac.Equal(c.sign(slices.Clip(body), key, l.mac), raw) {
		return Choice{}
	}
	choice := Choice{
		State:   Refused,
		Edition: policy.DayFromNumber(int(binary.BigEndian.Uint16(body[2:]))),
		Day:     policy.DayFromNumber(int(binary.BigEndian.Uint16(body[4:]))),
	}
	flags, rest := body[6], body[l.header:]
	copy(choice.Offer[:], body[fixed:l.header])
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
	if c.keys.retired(raw[1], choice.Day) {
		return Choice{}
	}
	if choice.Edition != edition {
		choice.Outdate(ByEdition)
	}
	if choice.Day.AddMonths(months).Before(today) {
		choice.Outdate(ByTime)
	}
	if today.Before(choice.Day.AddMonths(-1)) {
		choice.State = Stale // of a day that is still to come: some clock is wrong
	}
	return choice
}

// sign appends the signature's first size bytes to the body.
func (c *Codec) sign(body, key []byte, size int) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(CookieName))
	mac.Write([]byte{0})
	mac.Write([]byte(c.site))
	mac.Write([]byte{0})
	mac.Write(body)
	return mac.Sum(body)[:len(body)+size]
}
