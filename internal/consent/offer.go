package consent

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Offer is what a visitor is asked about: the optional services of a site by
// their catalogue IDs, each with the category it serves. Names, texts and order
// are no part of it: other words don't make an answer out of date.
type Offer map[string]Category

// Digest stands for an offer in the cookie. The zero Digest is of none: of a
// choice from before cookies had one.
type Digest [8]byte

// IsZero reports whether the digest is of no offer.
func (d Digest) IsZero() bool { return d == Digest{} }

// Text returns the offer as it is kept and hashed: a line for each service, its
// category and ID, sorted.
func (o Offer) Text() []byte {
	var text strings.Builder
	for _, id := range slices.Sorted(maps.Keys(o)) {
		fmt.Fprintf(&text, "%s %s\n", o[id], id)
	}
	return []byte(text.String())
}

// ParseOffer reads what Text returned.
func ParseOffer(text []byte) (Offer, error) {
	offer := Offer{}
	for line := range strings.Lines(string(text)) {
		name, id, found := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if !found || id == "" {
			return nil, errors.New("an offer has a category and a service's ID on each line")
		}
		category, err := ParseCategory(name)
		if err != nil {
			return nil, fmt.Errorf("an offer: %w", err)
		}
		offer[id] = category
	}
	return offer, nil
}

// Digest returns the first 64 bits of the SHA-256 of the offer's text.
func (o Offer) Digest() Digest {
	sum := sha256.Sum256(o.Text())
	return Digest(sum[:len(Digest{})])
}

// Since returns the IDs of what the offer has and an earlier one hadn't, sorted:
// services that are new, and those that serve another purpose.
func (o Offer) Since(earlier Offer) []string {
	var added []string
	for id, category := range o {
		if earlier[id] != category {
			added = append(added, id)
		}
	}
	slices.Sort(added)
	return added
}
