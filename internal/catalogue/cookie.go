package catalogue

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// cookieNames finds the service of a cookie.
type cookieNames struct {
	exact map[string]cookieOwner
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
		n.exact = make(map[string]cookieOwner)
	}
	if known, ok := n.exact[name]; !ok || category > known.category {
		n.exact[name] = owner
	}
}

func (n *cookieNames) sort() {
	for _, list := range n.wild {
		slices.SortStableFunc(list, func(a, b wildName) int {
			return cmp.Or(cmp.Compare(b.literal, a.literal), cmp.Compare(b.category, a.category))
		})
	}
}

func (n *cookieNames) find(name string) int {
	if owner, ok := n.exact[name]; ok {
		return owner.service
	}
	if name == "" {
		return none
	}
	var space [64]byte
	text := append(space[:0], name...)
	list := n.wild[name[0]]
	for i := range list {
		if list[i].match(text) {
			return list[i].service
		}
	}
	return none
}
