package consent

import (
	"maps"
	"slices"
	"testing"
)

func TestOfferIsWhatIsAskedWhateverItsOrder(t *testing.T) {
	offer := Offer{"matomo": Statistics, "youtube": Functional}
	if text := string(offer.Text()); text != "statistics matomo\nfunctional youtube\n" {
		t.Errorf("the offer is written %q", text)
	}
	same := Offer{"youtube": Functional}
	same["matomo"] = Statistics
	if offer.Digest() != same.Digest() || offer.Digest().IsZero() {
		t.Error("the digest depends on the order")
	}
	for name, other := range map[string]Offer{
		"one more": {"matomo": Statistics, "youtube": Functional, "zero_kz": Statistics}, "one less": {"matomo": Statistics},
		"another purpose": {"matomo": Marketing, "youtube": Functional}, "none": {},
	} {
		if other.Digest() == offer.Digest() {
			t.Errorf("%s: the digest is the same", name)
		}
	}
}

func TestOnlyWhatWasntAskedIsAdded(t *testing.T) {
	earlier := Offer{"matomo": Statistics, "youtube": Functional}
	for name, c := range map[string]struct {
		offer Offer
		want  []string
	}{
		"the same":          {Offer{"youtube": Functional, "matomo": Statistics}, nil},
		"a service removed": {Offer{"matomo": Statistics}, nil},
		"nothing left":      {Offer{}, nil},
		"services added":    {Offer{"youtube": Functional, "matomo": Statistics, "zero_kz": Statistics, "clarity": Statistics}, []string{"clarity", "zero_kz"}},
		"a new category":    {Offer{"matomo": Statistics, "meta": Marketing}, []string{"meta"}},
		"another purpose":   {Offer{"matomo": Marketing, "youtube": Functional}, []string{"matomo"}},
	} {
		if got := c.offer.Since(earlier); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func FuzzParseOffer(f *testing.F) {
	f.Add(Offer{"matomo": Statistics, "youtube": Functional}.Text())
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
	for _, text := range []string{"{}", "statistics", "statistics ", "analytics matomo", "\n"} {
		if offer, err := ParseOffer([]byte(text)); err == nil {
			t.Errorf("%q is the offer %v", text, offer)
		}
	}
}
