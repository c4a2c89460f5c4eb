package catalogue

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// cookieNames finds the services of a cookie.
type cookieNames struct {
	exact map[string][]cookieOwner
	// Names with "*", by their first byte, so that a name is compared with few.
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

func (n *cookieNames) add(name string, service int, category consent.Category) {
	owner := cookieOwner{service, category}
	if strings.Contains(name, "*") {
		w := wildName{newGlob(name, textEnd), owner}
		if name[0] != '*' {
			n.wild[name[0]] = append(n.wild[name[0]], w)
			return
		}
		for b := range n.wild {
			n.wild[b] = append(n.wild[b], w)
		}
		return
	}
	if n.exact == nil {
		n.exact = make(map[string][]cookieOwner)
	}
	n.exact[name] = append(n.exact[name], owner)
}

// sort puts longer names before shorter ones and stricter owners before others.
func (n *cookieNames) sort() {
	for _, owners := range n.exact {
		slices.SortStableFunc(owners, func(a, b cookieOwner) int { return cmp.Compare(b.category, a.category) })
	}
	for _, list := range n.wild {
		slices.SortStableFunc(list, func(a, b wildName) int {
			return cmp.Or(cmp.Compare(b.literal, a.literal), cmp.Compare(b.category, a.category))
		})
	}
}

func (n *cookieNames) find(name string, found []int) []int {
	if owners, ok := n.exact[name]; ok {
		for _, owner := range owners {
			found = append(found, owner.service)
		}
		return found
	}
	if name == "" {
		return found
	}
	var space [64]byte
	text := append(space[:0], name...)
	list := n.wild[name[0]]
	length := -1
	for i := range list {
		if length >= 0 && list[i].literal < length {
			break
		}
		if list[i].match(text) {
			length = list[i].literal
			found = append(found, list[i].service)
		}
	}
	return found
}
