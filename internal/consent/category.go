// Package consent holds the words in which a visitor's decision is expressed:
// categories, the choice itself, the signed cookie that carries it and the
// Global Privacy Control signal.
//
// It is a leaf: it knows no vendor, no policy text and no storage. What a
// choice unlocks is decided by package gate.
package consent

import (
	"fmt"
	"slices"
	"strings"
)

// Category is the purpose group by which a visitor allows or refuses services.
// The zero Category is none: a service must say what it is.
type Category uint8

const (
	// Necessary services are always on; a visitor isn't asked about them.
	Necessary Category = iota + 1
	// Functional services show foreign content: video, maps, chat.
	Functional
	// Statistics services measure visits (policy 3.1, row 7).
	Statistics
	// Marketing services build audiences and measure advertising.
	Marketing
)

// categoryNames are the names by number; that of the zero Category is empty.
var categoryNames = [...]string{"", "necessary", "functional", "statistics", "marketing"}

// Optional returns the categories a visitor is asked about, in the order in
// which they are shown.
func Optional() []Category { return []Category{Functional, Statistics, Marketing} }

// CategoryNames returns the names ParseCategory accepts.
func CategoryNames() []string { return slices.Clone(categoryNames[Necessary:]) }

// ParseCategory returns the category with the given name.
func ParseCategory(name string) (Category, error) {
	if i := slices.Index(categoryNames[Necessary:], name); i >= 0 {
		return Necessary + Category(i), nil
	}
	return 0, fmt.Errorf("unknown category %q: use one of %s", name, strings.Join(CategoryNames(), ", "))
}

// String returns the category's name as it is written in configurations.
func (c Category) String() string {
	if c.valid() {
		return categoryNames[c]
	}
	return fmt.Sprintf("category(%d)", uint8(c))
}

func (c Category) valid() bool { return c != 0 && int(c) < len(categoryNames) }

// MarshalText writes the category's name.
func (c Category) MarshalText() ([]byte, error) {
	if !c.valid() {
		return nil, fmt.Errorf("category %d has no name", uint8(c))
	}
	return []byte(categoryNames[c]), nil
}

// UnmarshalText reads a category's name.
func (c *Category) UnmarshalText(text []byte) error {
	parsed, err := ParseCategory(string(text))
	if err != nil {
		return err
	}
	*c = parsed
	return nil
}

// Set is a set of optional categories, one bit each. Necessary is in every set.
type Set uint8

// All is the set of every optional category.
const All = Set(1<<Functional | 1<<Statistics | 1<<Marketing)

// SetOf returns the set that holds the given categories.
func SetOf(categories ...Category) Set {
	var s Set
	for _, c := range categories {
		s |= 1 << c
	}
	return s & All
}

// Has reports whether c is in the set; Necessary always is.
func (s Set) Has(c Category) bool { return c == Necessary || s&(1<<c) != 0 }

// Categories returns the optional categories in the set, in display order.
func (s Set) Categories() []Category {
	var list []Category
	for _, c := range Optional() {
		if s.Has(c) {
			list = append(list, c)
		}
	}
	return list
}

// String returns the names in the set, joined by "+"; "none" when it is empty.
func (s Set) String() string {
	var names []string
	for _, c := range s.Categories() {
		names = append(names, c.String())
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, "+")
}
