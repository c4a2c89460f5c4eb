package consent

import (
	"maps"
	"slices"
	"testing"
)

func TestOfferIsWhatIsAskedWhateverItsOrder(t *testing.T) {
	offer := Offer{"matomo": {Category: Statistics}, "youtube": {Category: Functional}}
	if text := string(offer.Text()); text != "statistics matomo\nfunctional youtube\n" {
		t.Errorf("the offer is written %q", text)
	}
	same := Offer{"youtube": {Category: Functional}}
	same["matomo"] = Terms{Category: Statistics}
	if offer.Digest() != same.Digest() || offer.Digest().IsZero() {
		t.Error("the digest depends on the order")
	}
	for name, other := range map[string]Offer{
		"one more": {"matomo": {Category: Statistics}, "youtube": {Category: Functional}, "zero_kz": {Category: Statistics}}, "one less": {"matomo": {Category: Statistics}},
		"another purpose": {"matomo": {Category: Marketing}, "youtube": {Category: Functional}}, "none": {},
	} {
		if other.Digest() == offer.Digest() {
			t.Errorf("%s: the digest is the same", name)
		}
	}
}

func TestOnlyWhatWasntAskedIsAdded(t *testing.T) {
	earlier := Offer{"matomo": {Category: Statistics}, "youtube": {Category: Functional}}
	for name, c := range map[string]struct {
		offer Offer
		want  []string
	}{
		"the same":          {Offer{"youtube": {Category: Functional}, "matomo": {Category: Statistics}}, nil},
		"a service removed": {Offer{"matomo": {Category: Statistics}}, nil},
		"nothing left":      {Offer{}, nil},
		"services added":    {Offer{"youtube": {Category: Functional}, "matomo": {Category: Statistics}, "zero_kz": {Category: Statistics}, "clarity": {Category: Statistics}}, []string{"clarity", "zero_kz"}},
		"a new category":    {Offer{"matomo": {Category: Statistics}, "meta": {Category: Marketing}}, []string{"meta"}},
		"another purpose":   {Offer{"matomo": {Category: Marketing}, "youtube": {Category: Functional}}, []string{"matomo"}},
	} {
		if got := c.offer.Since(earlier); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestOnlyMoreThanWasAskedIsAnExtension(t *testing.T) {
	terms := func(months int, abroad string) Offer {
		return Offer{"matomo": {Category: Statistics, Whole: true, Months: months, Abroad: abroad}}
	}
	for name, c := range map[string]struct {
		earlier, now Offer
		want         []Extension
	}{
		"the same":             {terms(14, "DE"), terms(14, "DE"), nil},
		"kept for longer":      {terms(14, ""), terms(24, ""), []Extension{{"matomo", 24, nil}}},
		"kept for less":        {terms(24, ""), terms(14, ""), nil},
		"further countries":    {terms(14, "DE"), terms(14, "DE,IE,US"), []Extension{{"matomo", 0, []string{"IE", "US"}}}},
		"the first abroad":     {terms(14, ""), terms(14, "DE"), []Extension{{"matomo", 0, []string{"DE"}}}},
		"fewer countries":      {terms(14, "DE,US"), terms(14, "US"), nil},
		"both":                 {terms(14, "DE"), terms(24, "US"), []Extension{{"matomo", 24, []string{"US"}}}},
		"not known of before":  {Offer{"matomo": {Category: Statistics}}, terms(24, "US"), nil},
		"not asked about then": {Offer{}, terms(24, "US"), nil},
		"another purpose":      {Offer{"matomo": {Category: Marketing, Whole: true}}, terms(24, "US"), nil},
	} {
		if got := c.now.Extensions(c.earlier); !slices.EqualFunc(got, c.want, func(a, b Extension) bool {
			return a.ID == b.ID && a.Months == b.Months && slices.Equal(a.Countries, b.Countries)
		}) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if c.now["matomo"].And(c.earlier["matomo"]).Months < c.earlier["matomo"].Months {
			t.Errorf("%s: who was asked about both was asked about less than the longer", name)
		}
		if again, err := ParseOffer(c.now.Text()); err != nil || !maps.Equal(again, c.now) {
			t.Errorf("%s: it comes back as %v, %v", name, again, err)
		}
	}
}

func FuzzParseOffer(f *testing.F) {
	f.Add(Offer{"matomo": {Category: Statistics}, "youtube": {Category: Functional}}.Text())
	f.Add([]byte("statistics "))
	f.Fuzz(func(t *testing.T, text []byte) {
		offer, err := ParseOffer(text)
		if err != nil {
			return
		}
		again, err := ParseOffer(offer.Text())
		if err != nil || !maps.Equal(offer, again) {
			t.Errorf("%q comes back as %v, %v", text, again, err)
		}
	})
}

func TestWhatIsNoOfferIsRefused(t *testing.T) {
	for _, text := range []string{"{}", "statistics", "statistics ", "analytics matomo", "statistics matomo 14", "statistics matomo x DE", "statistics matomo -1 DE", "statistics matomo 14 DE US", "\n"} {
		if offer, err := ParseOffer([]byte(text)); err == nil {
			t.Errorf("%q is the offer %v", text, offer)
		}
	}
}
