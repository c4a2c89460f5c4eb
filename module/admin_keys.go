package module

import (
	"context"
	"net/http"
	"slices"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// Keys is what "consent keys" shows. It holds no secret.
type Keys struct {
	Key     string              `json:"key"`     // by which receipts and checkpoints are checked
	Former  []storage.FormerKey `json:"former"`  // by which those of before are, the newest first
	Choices []ChoiceKey         `json:"choices"` // the present one first
}

// ChoiceKey is a key of choice cookies.
type ChoiceKey struct {
	ID    uint8      `json:"id"`
	Until policy.Day `json:"until,omitzero"` // the last day of choices that it verifies; none for the one that signs
}

func keysOf(s *secrets) (Keys, error) {
	key, err := s.verifierKey()
	shown := Keys{Key: key, Former: append([]storage.FormerKey{}, s.Former...), Choices: []ChoiceKey{{ID: s.Choices.Current}}}
	for id := range s.Choices.Keys {
		if id != s.Choices.Current {
			shown.Choices = append(shown.Choices, ChoiceKey{id, s.Choices.Until[id]})
		}
	}
	slices.SortFunc(shown.Choices[1:], func(a, b ChoiceKey) int { return b.Until.Number() - a.Until.Number() })
	return shown, err
}

func adminKeys(r *http.Request, app *App, _ storage.Store) (any, error) {
	secrets, err := app.keys.get(r.Context())
	if err != nil {
		return nil, err
	}
	return keysOf(secrets)
}

func adminRotateKeys(r *http.Request, app *App, _ storage.Store) (any, error) {
	now := app.now()
	revoke := r.URL.Query().Has("revoke")
	// Whoever hangs up doesn't leave it half-done.
	secrets, err := app.keys.rotate(context.WithoutCancel(r.Context()), now, policy.DayOf(now, app.location), revoke)
	if err != nil {
		return nil, err
	}
	shown, err := keysOf(secrets)
	app.logger.Info("the keys were rotated", "key", shown.Key, "choices", secrets.Choices.Current, "revoked", revoke)
	return shown, err
}
