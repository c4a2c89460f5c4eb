package downstream

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	// timeout bounds one request, its answer included.
	timeout = 30 * time.Second
	// maxAnswer bounds what is read of an answer, in bytes. 401 visits, the most
	// that Matomo finds at once, are a fraction of it.
	maxAnswer = 8 << 20
)

// Vendor deletes at one service.
type Vendor interface {
	// Delete has everything deleted that the vendor holds of the visitor. There is
	// nothing left to delete when it returns nil. Errors are of type *Failure and
	// name neither the visitor nor the token.
	Delete(ctx context.Context, visitor string) error
}

// Config says where and as whom a vendor is asked.
type Config struct {
	API   string // Matomo or PostHog
	URL   string // of the installation, http or https
	Token string // Matomo's token_auth, PostHog's personal API key
	// Scope is the site's ID of Matomo, or the project's of PostHog.
	Scope string
}

var scopeForm = regexp.MustCompile(`^[1-9][0-9]{0,9}$`)

// Check returns what is wrong with the configuration; the token isn't named.
func (c Config) Check() error {
	if c.API != Matomo && c.API != PostHog {
		return fmt.Errorf("API %q: use %s or %s", c.API, Matomo, PostHog)
	}
	if err := CheckURL(c.URL); err != nil {
		return err
	}
	if c.Token == "" || strings.ContainsFunc(c.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("the token is empty or no word of ASCII")
	}
	return CheckScope(c.Scope)
}

// CheckURL refuses what isn't the address of an installation.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery+u.Fragment != "" {
		return fmt.Errorf("address %q: write that of the installation, for example https://matomo.example.kz", text)
	}
	return nil
}

// CheckScope refuses what is no ID of a site or project.
func CheckScope(text string) error {
	if !scopeForm.MatchString(text) {
		return fmt.Errorf("ID %q: write the number that the service gives the site or project", text)
	}
	return nil
}

// New returns the vendor of a configuration. client makes the requests, but
// follows no redirects: the token is for the configured server alone. Nil means
// one of the package's own. clock tells when a vendor may be asked again; nil
// means time.Now.
func New(c Config, client *http.Client, clock func() time.Time) (Vendor, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	caller := &caller{base: strings.TrimSuffix(c.URL, "/"), clock: clock, timeout: timeout}
	if client != nil {
		caller.client = *client
	}
	caller.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if caller.clock == nil {
		caller.clock = time.Now
	}
	if c.API == Matomo {
		return &matomo{caller, c.Token, c.Scope}, nil
	}
	return &postHog{caller, c.Token, c.Scope}, nil
}

// The kinds of failures.
const (
	TimedOut     = "timeout"
	Unreachable  = "unreachable"  // no connection, or one that broke
	Untrusted    = "certificate"  // TLS says that it's another server
	Redirected   = "redirect"     // the address isn't the installation's
	Unauthorised = "unauthorised" // the token or its rights
	Limited      = "limited"      // too many requests
	Unavailable  = "unavailable"  // an error of the server
	Refused      = "refused"      // the API says no
	Malformed    = "malformed"    // an answer that the API doesn't give
	Incomplete   = "incomplete"   // what was deleted is still found
)

// hints say what an operator can do.
var hints = map[string]string{
	Redirected:   "name the address to which it redirects",
	Untrusted:    "its certificate isn't valid for the address",
	Unauthorised: "look at the token and its rights",
	Refused:      "look at the token's rights, the ID, and whether visitor profiles are on",
	Malformed:    "the address isn't that of the service, or its version isn't known",
}

// Failure is why a vendor couldn't delete. It says nothing of the visitor: what
// vendors answer may, and is left out.
type Failure struct {
	Kind       string        // one of the kinds
	Status     int           // of HTTP; 0 without an answer
	RetryAfter time.Duration // as the vendor wants it; 0 for nothing
}

// Error implements error.
func (f *Failure) Error() string {
	text := f.Kind
	if f.Status != 0 {
		text += fmt.Sprintf(" (HTTP %d)", f.Status)
	}
	if hint := hints[f.Kind]; hint != "" {
		text += ": " + hint
	}
	return text
}

// caller makes the requests to one installation.
type caller struct {
	base    string
	client  http.Client
	clock   func() time.Time
	timeout time.Duration
}

// call sends a request and decodes the answer's JSON into v, unless it is nil. The
// path is below the installation's address.
func (c *caller) call(ctx context.Context, method, path string, header http.Header, body string, v any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		return &Failure{Kind: Malformed}
	}
	request.Header = header
	header.Set("Accept", "application/json")
	response, err := c.client.Do(request)
	if err != nil {
		return unanswered(ctx, err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case response.StatusCode > 299:
		return c.refusal(response)
	case err != nil:
		return unanswered(ctx, err)
	case len(raw) > maxAnswer || v != nil && json.Unmarshal(raw, v) != nil:
		return &Failure{Kind: Malformed, Status: response.StatusCode}
	}
	return nil
}

// unanswered says why there is no answer. The error itself holds the address with
// its query, or what the server wrote.
func unanswered(ctx context.Context, err error) error {
	var network net.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		return &Failure{Kind: Untrusted}
	case ctx.Err() != nil, errors.As(err, &network) && network.Timeout():
		return &Failure{Kind: TimedOut}
	}
	return &Failure{Kind: Unreachable}
}

func (c *caller) refusal(response *http.Response) error {
	f := &Failure{Kind: Refused, Status: response.StatusCode}
	switch status := response.StatusCode; {
	case status < 400:
		f.Kind = Redirected
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		f.Kind = Unauthorised
	case status == http.StatusTooManyRequests:
		f.Kind = Limited
	case status >= 500:
		f.Kind = Unavailable
	}
	// RFC 9110, section 10.2.3: seconds, or a date.
	text := response.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		f.RetryAfter = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		f.RetryAfter = max(at.Sub(c.clock()), 0)
	}
	return f
}
