package consent

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mamen-ai/consentgate/internal/policy"
)

var (
	edition = policy.Day{Year: 2025, Month: 3, Day: 12}
	today   = policy.Day{Year: 2026, Month: 11, Day: 23}
)

func testKeyring() Keyring {
	return Keyring{Current: 2, Keys: map[uint8][]byte{
		1: bytes.Repeat([]byte{1}, 32),
		2: bytes.Repeat([]byte{2}, 32),
	}}
}

func testCodec(t testing.TB, keys Keyring, site string) *Codec {
	t.Helper()
	codec, err := NewCodec(keys, site)
	if err != nil {
		t.Fatal(err)
	}
	return codec
}

func allowed(categories Set, tags ...Tag) Choice {
	return Choice{State: Allowed, Categories: categories, Services: tags, Edition: edition, Day: today, ID: NewID()}
}

func manyTags(n int) []Tag {
	tags := make([]Tag, n)
	for i := range tags {
		tags[i] = Tag(1000 + i)
	}
	return tags
}

func TestCookieCarriesTheChoice(t *testing.T) {
	codec := testCodec(t, testKeyring(), "mamen.ai")
	for name, choice := range map[string]Choice{
		"refused":           {State: Refused, Edition: edition, Day: today},
		"statistics":        allowed(SetOf(Statistics)),
		"everything":        allowed(All),
		"single services":   allowed(0, TagOf("matomo"), TagOf("zero_kz")),
		"the most services": allowed(SetOf(Functional), manyTags(MaxServices)...),
	} {
		t.Run(name, func(t *testing.T) {
			if choice.Services != nil {
				choice.Services = sorted(choice.Services)
			}
			choice.Offer = Offer{name: {Category: Statistics}}.Digest()
			value := codec.Encode(choice)
			if len(value) > 140 {
				t.Errorf("the value has %d bytes, more than 140", len(value))
			}
			got := codec.Decode(value, edition, today, 6)
			if got.State != choice.State || got.Categories != choice.Categories || got.ID != choice.ID || got.Offer != choice.Offer ||
				got.Edition != choice.Edition || got.Day != choice.Day || len(got.Services) != len(choice.Services) {
				t.Errorf("got %+v, want %+v", got, choice)
			}
			for _, tag := range choice.Services {
				if !got.Allows(Marketing, tag) {
					t.Errorf("service %06x was lost", tag)
				}
			}
		})
	}
}

func TestRefusalCarriesNoIdentifier(t *testing.T) {
	codec := testCodec(t, testKeyring(), "mamen.ai")
	choice := Choice{State: Refused, Edition: edition, Day: today, ID: NewID()}
	if first, second := codec.Encode(choice), codec.Encode(Choice{State: Refused, Edition: edition, Day: today}); first != second {
		t.Error("two refusals of one day can be told apart")
	}
}

func TestChoiceGoesStale(t *testing.T) {
	codec := testCodec(t, testKeyring(), "mamen.ai")
	value := codec.Encode(allowed(All))
	for name, c := range map[string]struct {
		edition, today policy.Day
		want           State
	}{
		"same day":              {edition, today, Allowed},
		"last valid day":        {edition, today.AddMonths(6), Allowed},
		"a day too late":        {edition, policy.DayFromNumber(today.AddMonths(6).Number() + 1), Stale},
		"new edition":           {policy.Day{Year: 2026, Month: 12, Day: 1}, today, Stale},
		"made in a far future":  {edition, today.AddMonths(-2), Stale},
		"made just after today": {edition, policy.DayFromNumber(today.Number() - 1), Allowed},
	} {
		t.Run(name, func(t *testing.T) {
			got := codec.Decode(value, c.edition, c.today, 6)
			if got.State != c.want {
				t.Errorf("state %v, want %v", got.State, c.want)
			}
			if got.State == Stale && got.Allows(Statistics, 0) {
				t.Error("a stale choice allows statistics")
			}
		})
	}
}

func TestForgedCookieIsUndecided(t *testing.T) {
	keys := testKeyring()
	codec := testCodec(t, keys, "mamen.ai")
	value := codec.Encode(allowed(All))
	refuse := func(t *testing.T, codec *Codec, value string) {
		t.Helper()
		if got := codec.Decode(value, edition, today, 6); got.State != Undecided {
			t.Errorf("%q decodes to %v", value, got.State)
		}
	}
	t.Run("foreign site", func(t *testing.T) { refuse(t, testCodec(t, keys, "other.kz"), value) })
	t.Run("key taken out of the ring", func(t *testing.T) {
		refuse(t, testCodec(t, Keyring{Current: 1, Keys: map[uint8][]byte{1: keys.Keys[1]}}, "mamen.ai"), value)
	})
	t.Run("any changed byte", func(t *testing.T) {
		for i := range value {
			mutated := []byte(value)
			mutated[i] ^= 1 << (i % 6)
			if string(mutated) != value {
				// The last character's spare bits don't reach the decoded bytes.
				if got := codec.Decode(string(mutated), edition, today, 6); got.State != Undecided && i != len(value)-1 {
					t.Fatalf("byte %d may be changed", i)
				}
			}
		}
	})
	t.Run("mutations", func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		for range 100_000 {
			mutated := []byte(value)
			for range 1 + random.IntN(4) {
				mutated[random.IntN(len(mutated)-1)] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="[random.IntN(65)]
			}
			if string(mutated) != value {
				refuse(t, codec, string(mutated))
			}
		}
	})
	t.Run("garbage", func(t *testing.T) {
		for _, garbage := range []string{"", "1", "allow", value[:20], value + value, "%00"} {
			refuse(t, codec, garbage)
		}
	})
}

func TestKeyringMustHoldItsCurrentKey(t *testing.T) {
	for name, ring := range map[string]Keyring{
		"missing": {Current: 3, Keys: testKeyring().Keys},
		"short":   {Current: 1, Keys: map[uint8][]byte{1: []byte("short")}},
	} {
		if _, err := NewCodec(ring, "mamen.ai"); err == nil {
			t.Errorf("%s key: no error", name)
		}
	}
}

// Whatever is read as a choice is written and read as the same one.
func FuzzDecode(f *testing.F) {
	codec := testCodec(f, testKeyring(), "mamen.ai")
	choice := allowed(All, manyTags(2)...)
	choice.Offer = Offer{"matomo": {Category: Statistics}}.Digest()
	for _, value := range []string{codec.Encode(choice), codec.Encode(Choice{State: Refused, Edition: edition, Day: today}), refusedV1, someV1, mostV1, "", "Ag", "AQ"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got := codec.Decode(value, edition, today, 6)
		if got.State != Allowed && got.State != Refused {
			return
		}
		if (got.State == Allowed) == got.ID.IsZero() {
			t.Errorf("%q is %v with the ID %s", value, got.State, got.ID)
		}
		again := codec.Decode(codec.Encode(got), edition, today, 6)
		if again.State != got.State || again.Categories != got.Categories || again.ID != got.ID || again.Offer != got.Offer || !slices.Equal(again.Services, got.Services) {
			t.Errorf("%q is %+v, and written again %+v", value, got, again)
		}
	})
}
