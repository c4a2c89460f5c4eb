package module

import (
	"context"
	"fmt"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// loadStandings reads which consents are revoked or blocked; s.mu is held.
func (s *sharedStore) loadStandings(ctx context.Context, store storage.Store, user *App) error {
	// A choice is valid for 12 months at most.
	revoked, err := store.Revoked(ctx, user.now().AddDate(-1, -1, 0))
	if err != nil {
		return err
	}
	blocked, err := store.Blocked(ctx)
	if err != nil {
		return err
	}
	s.standings = make(map[consent.ID]storage.Standing, len(revoked)+len(blocked))
	for _, id := range revoked {
		s.standings[id] = storage.Standing{Ended: true}
	}
	for _, id := range blocked {
		standing := s.standings[id]
		standing.Blocked = true
		s.standings[id] = standing
	}
	return nil
}

// heed makes requests follow an event that has become durable.
func (s *sharedStore) heed(row storage.Consent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	standing := s.standings[row.ConsentID]
	_, revokes := row.Event.Revokes()
	switch {
	case revokes:
		standing = storage.Standing{Ended: true}
	case row.Event == storage.Blocked:
		standing.Blocked = true
	case row.Event == storage.Unblocked:
		standing.Blocked = false
	default:
		return
	}
	if s.standings[row.ConsentID] = standing; standing == (storage.Standing{}) {
		delete(s.standings, row.ConsentID)
	}
}

// standing tells whether the consent was revoked, or is blocked.
func (s *sharedStore) standing(id consent.ID) storage.Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.standings[id]
}

// inForce returns what a choice of the cookie means. That of a revoked consent is
// nobody's any more. That of a blocked one allows nothing and keeps its ID: who
// holds it may still see what is held, and withdraw or erase it.
func (h *Handler) inForce(choice consent.Choice) consent.Choice {
	if choice.ID.IsZero() {
		return choice
	}
	standing := h.app.shared.standing(choice.ID)
	if standing.InForce() {
		return choice
	}
	without := consent.Choice{State: consent.Refused, Edition: choice.Edition, Day: choice.Day, Offer: choice.Offer}
	switch {
	case standing.Blocked:
		without.ID = choice.ID
	case choice.State == consent.Stale:
		without.State, without.Outdated = consent.Stale, choice.Outdated
	}
	return without
}

// operatorRow is a ledger row of the operator's act on a consent.
func (a *App) operatorRow(id consent.ID, event storage.Event) storage.Consent {
	return storage.Consent{
		ConsentID: id, Event: event, At: a.now(), Edition: a.Policy.Edition, PolicyURL: a.Policy.URL,
		Method: storage.ByAdmin, Controller: a.Controller.ID, CrossBorder: a.CrossBorder == "allow", Version: version(),
	}
}

// forget destroys what is held under a consent that an event of the operator has
// revoked. The event is durable already: what fails here the scheduler repeats.
func (a *App) forget(ctx context.Context, id consent.ID, event storage.Event) ([]storage.Act, error) {
	reason, _ := event.Revokes()
	acts, err := a.shared.erase(ctx, id, reason, operator)
	a.metrics.observeActs(acts)
	if err != nil {
		a.metrics.eraseFailures.Inc()
		err = fmt.Errorf("the consent is %s and nothing more is recorded, but what is held couldn't be destroyed at once; the scheduler tries again: %w", event, err)
	}
	return acts, err
}
