package module

import (
	"bytes"
	"io"
	"net/http"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/gate"
)

// collects reports whether the request sends data to a denied service by way of
// the site itself.
func (x *exchange) collects() (service int, denied bool) {
	service, pattern, denied := x.permit.Collector(x.host, x.url.Path, x.url.RawQuery)
	if service == gate.Unknown && x.request.Method == http.MethodPost && catalogue.TakesEvents(x.url.Path) {
		if body, whole := x.peekBody(); whole {
			service, pattern, denied = x.permit.Event(x.url.Path, body)
		}
	}
	if service != gate.Unknown {
		x.sawCollector(service, pattern, denied)
	}
	return service, denied
}

// peekBody reads the beginning of the request's body and puts it back, so that the
// origin gets all of it. whole is false when there is more of it than an event
// has, or when it can't be read.
func (x *exchange) peekBody() (body []byte, whole bool) {
	original := x.request.Body
	if original == nil {
		return nil, true
	}
	body, err := io.ReadAll(io.LimitReader(original, catalogue.MaxEvent+1))
	var rest io.Reader = original
	if err != nil {
		rest = failing{err}
	}
	changed := new(http.Request)
	*changed = *x.request
	changed.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), original}
	x.request = changed
	return body, err == nil && len(body) <= catalogue.MaxEvent
}

// failing repeats the error with which a body broke off.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
