package consent

import (
	"encoding/json"
	"slices"
	"testing"
)

func sorted(tags []Tag) []Tag {
	tags = slices.Clone(tags)
	slices.Sort(tags)
	return tags
}

func TestNothingOptionalIsAllowedBeforeTheChoice(t *testing.T) {
	for _, state := range []State{Undecided, Refused, Stale} {
		choice := Choice{State: state, Categories: All, Services: []Tag{7}}
		for _, category := range Optional() {
			if choice.Allows(category, 7) {
				t.Errorf("%v allows %v", state, category)
			}
		}
		if !choice.Allows(Necessary, 7) {
			t.Errorf("%v blocks what is necessary", state)
		}
	}
}

func TestChoiceAllowsCategoriesAndSingleServices(t *testing.T) {
	choice := Choice{State: Allowed, Categories: SetOf(Statistics), Services: []Tag{7}}
	for _, c := range []struct {
		category Category
		tag      Tag
		want     bool
	}{
		{Statistics, 1, true},
		{Marketing, 1, false},
		{Marketing, 7, true},
		{Functional, 8, false},
	} {
		if got := choice.Allows(c.category, c.tag); got != c.want {
			t.Errorf("Allows(%v, %d) = %v", c.category, c.tag, got)
		}
	}
}

func TestStricterOfTwoChoicesWins(t *testing.T) {
	refused := Choice{State: Refused}
	some := Choice{State: Allowed, Categories: SetOf(Statistics)}
	everything := Choice{State: Allowed, Categories: All}
	for _, c := range []struct{ a, b, want Choice }{
		{refused, everything, refused},
		{everything, refused, refused},
		{everything, some, some},
		{some, everything, some},
		{Choice{}, everything, Choice{}},
	} {
		if got := Stricter(c.a, c.b); got.State != c.want.State || got.Categories != c.want.Categories {
			t.Errorf("Stricter(%v, %v) = %v", c.a.State, c.b.State, got.State)
		}
	}
}

func TestCategoriesHaveNames(t *testing.T) {
	for _, name := range CategoryNames() {
		category, err := ParseCategory(name)
		if err != nil || category.String() != name {
			t.Errorf("%q: %v, %v", name, category, err)
		}
	}
	for _, name := range []string{"analytics", ""} {
		if _, err := ParseCategory(name); err == nil {
			t.Errorf("category %q is accepted", name)
		}
	}
	if _, err := Category(0).MarshalText(); err == nil {
		t.Error("no category has a name")
	}
}

func TestIDIsHexadecimalInJSON(t *testing.T) {
	id := NewID()
	for _, want := range []ID{id, {}} {
		raw, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got ID
		if err := json.Unmarshal(raw, &got); err != nil || got != want {
			t.Errorf("%s comes back as %v, %v", raw, got, err)
		}
	}
	if raw, _ := json.Marshal(id); string(raw) != `"`+id.String()+`"` {
		t.Errorf("the ID is written %s", raw)
	}
	var got ID
	if json.Unmarshal([]byte(`"12"`), &got) == nil {
		t.Error("half an ID is read")
	}
}
