package downstream

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// rounds bounds how often one try asks for what is left.
const rounds = 100

// matomo asks Matomo's HTTP reporting API, module PrivacyManager. Everything but
// the method's name stands in the body, which servers don't write into their logs.
type matomo struct {
	*caller
	token, site string
}

// visit is a visit as Matomo finds it. Numbers may be quoted.
type visit struct {
	Visit json.Number `json:"idVisit"`
	Site  json.Number `json:"idSite"`
}

func (v visit) valid() bool {
	_, visit := v.Visit.Int64()
	_, site := v.Site.Int64()
	return visit == nil && site == nil
}

// Delete implements Vendor. findDataSubjects returns the newest 401 visits at most,
// so it is asked until it finds none.
func (m *matomo) Delete(ctx context.Context, visitor string) error {
	if !matomoVisitor.MatchString(visitor) {
		return &Failure{Kind: Malformed}
	}
	deleted := make(map[visit]bool)
	for range rounds {
		var found []visit
		err := m.ask(ctx, "PrivacyManager.findDataSubjects", url.Values{"segment": {"visitorId==" + visitor}, "idSite": {m.site}}, &found)
		if err != nil {
			return err
		}
		if found == nil { // null isn't a list
			return &Failure{Kind: Malformed}
		}
		if len(found) == 0 {
			return m.checkProfiles(ctx, visitor)
		}
		list := url.Values{}
		for i, v := range found {
			if !v.valid() {
				return &Failure{Kind: Malformed}
			}
			if deleted[v] {
				return &Failure{Kind: Incomplete}
			}
			deleted[v] = true
			list.Set(fmt.Sprintf("visits[%d][idvisit]", i), v.Visit.String())
			list.Set(fmt.Sprintf("visits[%d][idsite]", i), v.Site.String())
		}
		if err := m.ask(ctx, "PrivacyManager.deleteDataSubjects", list, new(any)); err != nil {
			return err
		}
	}
	return &Failure{Kind: Incomplete}
}

// checkProfiles keeps a Matomo that doesn't look from being taken for one that
// holds nothing: where visitor profiles are off, findDataSubjects finds nobody, and
// only getVisitorProfile says why.
func (m *matomo) checkProfiles(ctx context.Context, visitor string) error {
	return m.ask(ctx, "Live.getVisitorProfile", url.Values{"visitorId": {visitor}, "idSite": {m.site}, "limitVisits": {"1"}}, new(any))
}

// ask calls a method. Matomo answers errors with status 200.
func (m *matomo) ask(ctx context.Context, method string, body url.Values, v any) error {
	body.Set("token_auth", m.token)
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	query := url.Values{"module": {"API"}, "method": {method}, "format": {"JSON"}}
	var raw json.RawMessage
	if err := m.call(ctx, http.MethodPost, "/index.php?"+query.Encode(), header, body.Encode(), &raw); err != nil {
		return err
	}
	var outcome struct{ Result string }
	if json.Unmarshal(raw, &outcome) == nil && outcome.Result == "error" {
		return &Failure{Kind: Refused}
	}
	if json.Unmarshal(raw, v) != nil {
		return &Failure{Kind: Malformed}
	}
	return nil
}
