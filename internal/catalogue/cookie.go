package catalogue

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// cookieNames finds the services of a cookie.
type cookieNames struct {
	whole table[cookieOwner]
	// wild holds the names with "*" by cookieBucket, so that a name is compared
	// with few; those whose start is too short for a bucket are in every one.
	wild [256][]wildName
}

type cookieOwner struct {
	service  int
	category consent.Category
}

type wildName struct {
	glob
	cookieOwner
}

// cookieBucket hashes the first minCookie bytes of a name: many begin alike, with
// one underscore or two.
func cookieBucket[T string | []byte](name T) uint8 {
	return name[0] ^ name[1]<<3 ^ name[2]<<1
}

func (n *cookieNames) add(name string, service int, category consent.Category) {
	owner := cookieOwner{service, category}
	if !strings.Contains(name, "*") {
		n.whole.add(name, owner)
		return
	}
	w := wildName{newGlob(name, textEnd), owner}
	if start := w.pieces[0]; len(start) >= minCookie {
		bucket := cookieBucket(start)
		n.wild[bucket] = append(n.wild[bucket], w)
		return
	}
	for bucket := range n.wild {
		n.wild[bucket] = append(n.wild[bucket], w)
	}
}

// sort puts longer names before shorter ones and stricter owners before others.
func (n *cookieNames) sort() {
	for _, owners := range n.whole.lists {
		slices.SortStableFunc(owners, func(a, b cookieOwner) int { return cmp.Compare(b.category, a.category) })
	}
	for _, list := range n.wild {
		slices.SortStableFunc(list, func(a, b wildName) int {
			return cmp.Or(cmp.Compare(b.literal, a.literal), cmp.Compare(b.category, a.category))
		})
	}
}

func (n *cookieNames) find(name string, found []int) []int {
	if len(name) < minCookie { // every name and pattern has as many characters
		return found
	}
	var space [64]byte
	text := append(space[:0], name...)
	if owners := n.whole.get(text); owners != nil {
		for _, owner := range owners {
			found = append(found, owner.service)
		}
		return found
	}
	list := n.wild[cookieBucket(text)]
	length := -1
	for i := range list {
		if list[i].literal < length {
			break
		}
		if list[i].match(text) {
			length = list[i].literal
			found = append(found, list[i].service)
		}
	}
	return found
}
