package module

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// malformed is an error about a value that the user gave to a command, by which
// nothing was changed. The command ends with exitBroken.
type malformed struct{ error }

// answered returns the error of a request to the admin API. Caddy's client gives
// it no type, only words.
func answered(err error) error {
	for _, words := range []string{fmt.Sprintf("HTTP %d:", http.StatusBadRequest), "invalid admin address"} {
		if strings.Contains(err.Error(), words) {
			return malformed{err}
		}
	}
	return err
}

func idQuery(args []string) (url.Values, error) {
	id, err := parseID(args[0])
	return url.Values{"id": {id.String()}}, err
}

// parseID reads an ID that the user gave.
func parseID(text string) (consent.ID, error) {
	id, err := consent.ParseID(text)
	if err != nil {
		err = malformed{fmt.Errorf("%q: %w", text, err)}
	}
	return id, err
}
