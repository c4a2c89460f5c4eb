package consent

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Offer is what a visitor is asked about: the optional services of a site by
// their catalogue IDs, each with its terms. Names, texts and order are no part of
// it: other words don't make an answer out of date.
type Offer map[string]Terms

// Terms are what of a service a consent depends on, beside the service itself.
type Terms struct {
	Category Category
	// Whole is false in offers from before they said more than the category.
	Whole bool
	// Months is how long the edge keeps records of it, 0 when it keeps none.
	Months int
	// Abroad lists the countries outside of the jurisdiction in which its data is
	// processed, sorted, with commas between them.
	Abroad string
}

// Digest stands for an offer in the cookie. The zero Digest is of none: of a
// choice from before cookies had one.
type Digest [8]byte

// IsZero reports whether the digest is of no offer.
func (d Digest) IsZero() bool { return d == Digest{} }

// Text returns the offer as it is kept and hashed: a line for each service, its
// category, ID, months and countries, sorted.
func (o Offer) Text() []byte {
	var text strings.Builder
	for _, id := range slices.Sorted(maps.Keys(o)) {
		terms := o[id]
		fmt.Fprintf(&text, "%s %s", terms.Category, id)
		if terms.Whole {
			fmt.Fprintf(&text, " %d %s", terms.Months, terms.Abroad)
		}
		text.WriteByte('\n')
	}
	return []byte(text.String())
}

// ParseOffer reads what Text returned.
func ParseOffer(text []byte) (Offer, error) {
	offer := Offer{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		if len(fields) != 2 && len(fields) != 4 || fields[1] == "" {
			return nil, errors.New("an offer has a category and a service's ID on each line, and may have months and countries")
		}
		category, err := ParseCategory(fields[0])
		if err != nil {
			return nil, fmt.Errorf("an offer: %w", err)
		}
		terms := Terms{Category: category, Whole: len(fields) == 4}
		if terms.Whole {
			if terms.Months, err = strconv.Atoi(fields[2]); err != nil || terms.Months < 0 {
				return nil, fmt.Errorf("an offer: %q isn't a number of months", fields[2])
			}
			terms.Abroad = fields[3]
		}
		offer[fields[1]] = terms
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
	for id, terms := range o {
		if earlier[id].Category != terms.Category {
			added = append(added, id)
		}
	}
	slices.Sort(added)
	return added
}

// Extension is more than was asked about a service: its records are kept for longer,
// or its data goes to further countries.
type Extension struct {
	ID        string
	Months    int      // 0 when they are kept no longer
	Countries []string // that are new
}

// Extensions returns what the offer has become for services of an earlier one,
// sorted by ID. Less of anything is none, and neither is what isn't known of before.
func (o Offer) Extensions(earlier Offer) []Extension {
	var list []Extension
	for _, id := range slices.Sorted(maps.Keys(o)) {
		now, then := o[id], earlier[id]
		if !then.Whole || now.Category != then.Category {
			continue
		}
		e := Extension{ID: id}
		if now.Months > then.Months {
			e.Months = now.Months
		}
		asked := strings.Split(then.Abroad, ",")
		for country := range strings.SplitSeq(now.Abroad, ",") {
			if country != "" && !slices.Contains(asked, country) {
				e.Countries = append(e.Countries, country)
			}
		}
		if e.Months > 0 || len(e.Countries) > 0 {
			list = append(list, e)
		}
	}
	return list
}

// And returns the terms of somebody who was asked about both.
func (t Terms) And(other Terms) Terms {
	countries := slices.DeleteFunc(strings.Split(t.Abroad+","+other.Abroad, ","), func(c string) bool { return c == "" })
	slices.Sort(countries)
	return Terms{t.Category, t.Whole && other.Whole, max(t.Months, other.Months), strings.Join(slices.Compact(countries), ",")}
}
