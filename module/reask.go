package module

import (
	"context"
	"maps"
	"slices"

	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// recall makes a choice stale when the site asks about services, or purposes of
// services, that the visitor wasn't asked about, or when what was allowed has become
// more: a consent is to the terms that were told. What was asked then and isn't
// known any more is no reason to ask again: only what is certain is. While the
// store can't be read nothing is certain, and everything stays blocked.
func (h *Handler) recall(ctx context.Context, choice consent.Choice) consent.Choice {
	if choice.State == consent.Undecided || choice.Offer == h.offerDigest || choice.Offer.IsZero() {
		return choice
	}
	asked, known, err := h.app.shared.offer(ctx, choice.Offer)
	switch {
	case err != nil:
		choice.State = consent.Stale
	case known:
		if len(h.offer.Since(asked)) > 0 {
			choice.Outdate(consent.ByOffer)
		}
		if len(h.extended(choice, asked)) > 0 {
			choice.Outdate(consent.ByTerms)
		}
	}
	return choice
}

// extended returns what services that the choice allows have become more than the
// visitor was asked about. Whoever refused a service refused it on any terms.
func (h *Handler) extended(choice consent.Choice, asked consent.Offer) []consent.Extension {
	return slices.DeleteFunc(h.offer.Extensions(asked), func(e consent.Extension) bool {
		return !choice.Categories.Has(h.offer[e.ID].Category) && !slices.Contains(choice.Services, consent.TagOf(e.ID))
	})
}

// news is what changed since the visitor's choice, for the banner that asks again.
func (x *exchange) news() (n banner.News) {
	if x.choice.State != consent.Stale {
		return n
	}
	h := x.handler
	n.Edition = x.choice.Outdated.Has(consent.ByEdition) && x.choice.Edition.Before(h.app.Policy.Edition)
	n.Expired = x.choice.Outdated.Has(consent.ByTime)
	asked, known := h.app.shared.knownOffer(x.choice.Offer)
	if !known {
		return n
	}
	added, extended := h.offer.Since(asked), h.extended(x.choice, asked)
	for _, category := range consent.Optional() {
		for _, service := range h.gate.Services() {
			if service.Category != category {
				continue
			}
			if slices.Contains(added, service.ID) {
				n.Services = append(n.Services, banner.NewService{ID: service.ID, Name: service.Name, Vendor: service.Vendor, Category: category})
			}
			if i := slices.IndexFunc(extended, func(e consent.Extension) bool { return e.ID == service.ID }); i >= 0 {
				n.Extended = append(n.Extended, banner.ExtendedService{ID: service.ID, Name: service.Name, Months: extended[i].Months, Countries: extended[i].Countries})
			}
		}
	}
	return n
}

// question is the banner that this visitor is asked by.
func (x *exchange) question(language string) *banner.Fragment {
	return x.handler.banner.AskAgain(language, x.news())
}

// keepAsked keeps what the record of an answer refers to, and returns what the
// answer is to. The question of a first answer is kept with the site's documents.
func (x *exchange) keepAsked(ctx context.Context, store storage.Store, language string) (consent.Digest, error) {
	shared := x.handler.app.shared
	if x.choice.State == consent.Stale {
		if err := store.SaveDocuments(ctx, noticeDocument(x.question(language).Notice(language))); err != nil {
			return consent.Digest{}, err
		}
	}
	offer := x.answered()
	return offer.Digest(), shared.keepOffer(ctx, store, offer)
}

// answered is what a choice made now answers: what this site asks, and what others
// of the configuration, which may share the choice, asked the visitor before.
// Without them two sites with services of their own would ask in turn for ever.
func (x *exchange) answered() consent.Offer {
	offer := maps.Clone(x.handler.offer)
	before, _ := x.handler.app.shared.knownOffer(x.choice.Offer)
	if x.choice.Outdated.Has(consent.ByEdition) || x.choice.Outdated.Has(consent.ByTime) {
		before = nil
	}
	for _, site := range x.handler.app.sites {
		for id, terms := range site.offer {
			asked, was := before[id]
			if site == x.handler || !was || asked.Category != terms.Category {
				continue
			}
			if here, found := offer[id]; found && here.Category == asked.Category {
				asked = here.And(asked)
			} else if found {
				continue
			}
			offer[id] = asked
		}
	}
	return offer
}
