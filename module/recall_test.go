package module

import (
	"context"
	"slices"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// While the store can't be read, what is new can't be told: nothing is allowed
// then, and a choice that answers just what is asked stays what it is.
func TestUnreadableStoreKeepsEverythingBlocked(t *testing.T) {
	app := &App{shared: newSharedStore(t.TempDir())} // no configuration has started
	h := &Handler{app: app, offer: consent.Offer{"matomo": {Category: consent.Statistics}}}
	h.offerDigest = h.offer.Digest()
	earlier := consent.Offer{"zero_kz": {Category: consent.Statistics}}.Digest()
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

// documentsOnly is a store of which nothing but its documents is read.
type documentsOnly struct {
	storage.Store
	documents []storage.Document
}

func (s documentsOnly) Documents(context.Context) ([]storage.Document, error) {
	return s.documents, nil
}

func (s documentsOnly) Document(_ context.Context, sha256 string) (storage.Document, error) {
	i := slices.IndexFunc(s.documents, func(d storage.Document) bool { return d.SHA256 == sha256 })
	return s.documents[i], nil
}

// A document that was changed around the store must not keep the edge from its
// work, nor stand for what it isn't.
func TestDamagedOfferIsAsGoodAsLost(t *testing.T) {
	good, other := consent.Offer{"matomo": {Category: consent.Statistics}}, consent.Offer{"zero_kz": {Category: consent.Statistics}}
	unreadable, changed := offerDocument(consent.Offer{"clarity": {Category: consent.Statistics}}), offerDocument(other)
	unreadable.Body, changed.Body = []byte("{}"), consent.Offer{"zero_kz": {Category: consent.Statistics}, "clarity": {Category: consent.Statistics}}.Text()
	shared := newSharedStore(t.TempDir())
	terms := storage.NewDocument(storage.TermsDocument, "application/ld+json", "kk", []byte("{}"))
	store := documentsOnly{documents: []storage.Document{unreadable, changed, offerDocument(good), terms}}
	if err := shared.loadOffers(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	if _, known := shared.knownOffer(good.Digest()); !known {
		t.Error("the good one isn't known")
	}
	if got, known := shared.knownOffer(other.Digest()); known {
		t.Errorf("the changed one passes for %v", got)
	}
}
