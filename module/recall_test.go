package module

import (
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// While the store can't be read, what is new can't be told: nothing is allowed
// then, and a choice that answers just what is asked stays what it is.
func TestUnreadableStoreKeepsEverythingBlocked(t *testing.T) {
	app := &App{shared: newSharedStore(t.TempDir())} // no configuration has started
	h := &Handler{app: app, offer: consent.Offer{"matomo": consent.Statistics}}
	h.offerDigest = h.offer.Digest()
	earlier := consent.Offer{"zero_kz": consent.Statistics}.Digest()
	for name, c := range map[string]struct {
		choice consent.Choice
		want   consent.State
	}{
		"of today":            {consent.Choice{State: consent.Allowed, Offer: h.offerDigest}, consent.Allowed},
		"of before":           {consent.Choice{State: consent.Allowed, Categories: consent.All, Offer: earlier}, consent.Stale},
		"a refusal of before": {consent.Choice{State: consent.Refused, Offer: earlier}, consent.Stale},
		"none":                {consent.Choice{}, consent.Undecided},
		"of an old cookie":    {consent.Choice{State: consent.Allowed}, consent.Allowed},
	} {
		got := h.recall(t.Context(), c.choice)
		if got.State != c.want || got.Outdated != 0 {
			t.Errorf("%s: %v, %v", name, got.State, got.Outdated.Names())
		}
	}
}
