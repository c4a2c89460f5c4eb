package module

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// malformed is an error about a value that the user gave to a command, by which
// nothing was changed. The command ends with exitBroken.
type malformed struct{ error }

// refusal is an answer of the admin API that says why something isn't done.
type refusal struct {
	status int
	body   string
}

// Error returns the reason in the server's words.
func (r refusal) Error() string {
	var answer struct{ Error string }
	if json.Unmarshal([]byte(r.body), &answer) == nil && answer.Error != "" {
		return answer.Error
	}
	return fmt.Sprintf("the server answers %d: %s", r.status, strings.TrimSpace(r.body))
}

// refusalWords are those of which Caddy's client makes an error.
var refusalWords = regexp.MustCompile(`(?s)^caddy responded with error: HTTP (\d+): (.*)$`)

// answered returns the error of a request to the admin API. Caddy's client gives
// it no type, only words.
func answered(err error) error {
	match := refusalWords.FindStringSubmatch(err.Error())
	if match == nil {
		if strings.Contains(err.Error(), "invalid admin address") {
			return malformed{err}
		}
		return err
	}
	status, _ := strconv.Atoi(match[1])
	if status == http.StatusBadRequest {
		return malformed{refusal{status, match[2]}}
	}
	return refusal{status, match[2]}
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
