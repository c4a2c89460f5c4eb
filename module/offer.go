package module

import (
	"context"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/storage"
)

// offerMedia is the media type of offers among the documents of terms: the terms
// themselves are JSON.
const offerMedia = "text/plain; charset=utf-8"

func offerDocument(offer consent.Offer) storage.Document {
	return storage.NewDocument(storage.TermsDocument, offerMedia, "", offer.Text())
}

// offerOf returns what visitors of the site are asked about: what could run once
// it is allowed, on the terms that they are told.
func (h *Handler) offerOf(g *gate.Gate) consent.Offer {
	offer := consent.Offer{}
	for i, service := range g.Services() {
		if service.Category == consent.Necessary || g.Status(consent.Choice{}, i) == gate.Never {
			continue
		}
		terms := consent.Terms{
			Category: service.Category,
			Whole:    true,
			Months:   h.monthsKept(service),
			Abroad:   strings.ToUpper(strings.Join(slices.Sorted(slices.Values(g.Abroad(i))), ",")),
		}
		offer[service.ID] = terms
	}
	return offer
}

// monthsKept returns for how many months the edge keeps records of a service, 0
// for one of which it keeps none.
func (h *Handler) monthsKept(service catalogue.Service) int {
	if service.Category != consent.Statistics {
		return 0
	}
	return int(h.app.window(h.kind(service.ID)))
}

// loadOffers reads what sites asked about at any time; s.mu is held.
func (s *sharedStore) loadOffers(ctx context.Context, store storage.Store) error {
	documents, err := store.Documents(ctx)
	if err != nil {
		return err
	}
	s.offers = map[consent.Digest]consent.Offer{}
	for _, d := range documents {
		if d.Kind != storage.TermsDocument || d.MediaType != offerMedia {
			continue
		}
		if d, err = store.Document(ctx, d.SHA256); err != nil {
			return err
		}
		// A damaged one is as good as lost; that it is damaged the ledger's check says.
		if offer, err := consent.ParseOffer(d.Body); err == nil {
			s.offers[offer.Digest()] = offer
		}
	}
	return nil
}

// keepOffer makes what a choice answers durable, so that it can be told from what
// is asked later.
func (s *sharedStore) keepOffer(ctx context.Context, store storage.Store, offer consent.Offer) error {
	digest := offer.Digest()
	if _, known := s.knownOffer(digest); known {
		return nil
	}
	if err := store.SaveDocuments(ctx, offerDocument(offer)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offers[digest] = offer
	return nil
}

// offer returns the offer of the digest; known is false for one that the store
// never held. An error says that the store can't be read.
func (s *sharedStore) offer(ctx context.Context, digest consent.Digest) (offer consent.Offer, known bool, err error) {
	if _, err := s.open(ctx); err != nil {
		return nil, false, err
	}
	offer, known = s.knownOffer(digest)
	return offer, known, nil
}

// knownOffer returns the offer of the digest as far as the store was read.
func (s *sharedStore) knownOffer(digest consent.Digest) (offer consent.Offer, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	offer, known = s.offers[digest]
	return offer, known
}
