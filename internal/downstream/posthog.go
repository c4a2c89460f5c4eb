package downstream

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
)

// postHog asks PostHog's persons API.
type postHog struct {
	*caller
	token, project string
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F-]{36}$`)

// Delete implements Vendor. PostHog takes a person away at once and that person's
// events later, so a person that is still found after it took the deletion on isn't
// asked for again.
func (p *postHog) Delete(ctx context.Context, visitor string) error {
	if !randomID.MatchString(visitor) {
		return &Failure{Kind: Malformed}
	}
	persons := "/api/projects/" + p.project + "/persons/"
	deleted := make(map[string]bool)
	for range rounds {
		var found struct {
			Results *[]struct{ UUID string }
		}
		query := url.Values{"distinct_id": {visitor}}
		if err := p.ask(ctx, http.MethodGet, persons+"?"+query.Encode(), &found); err != nil {
			return err
		}
		if found.Results == nil {
			return &Failure{Kind: Malformed}
		}
		fresh := false
		for _, person := range *found.Results {
			if !uuidForm.MatchString(person.UUID) {
				return &Failure{Kind: Malformed}
			}
			if deleted[person.UUID] {
				continue
			}
			err := p.ask(ctx, http.MethodDelete, persons+person.UUID+"/?delete_events=true", nil)
			var failure *Failure
			if err != nil && !(errors.As(err, &failure) && failure.Status == http.StatusNotFound) {
				return err
			}
			deleted[person.UUID], fresh = true, true
		}
		if !fresh {
			return nil
		}
	}
	return &Failure{Kind: Incomplete}
}

func (p *postHog) ask(ctx context.Context, method, path string, v any) error {
	return p.call(ctx, method, path, http.Header{"Authorization": {"Bearer " + p.token}}, "", v)
}
