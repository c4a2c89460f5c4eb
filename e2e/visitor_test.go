package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// visitor is a client without a browser: an address, a cookie jar, headers.
type visitor struct {
	t       *testing.T
	client  *http.Client
	header  http.Header
	address *net.TCPAddr
}

// network is the address as it may be kept: the /24.
func (v *visitor) network() string {
	return v.address.IP.Mask(net.CIDRMask(24, 32)).String()
}

// visitors gives each visitor a loopback address of its own, since the edge
// limits how often one client chooses.
var visitors atomic.Uint32

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	number := visitors.Add(1)
	address := &net.TCPAddr{IP: net.IPv4(127, 1, byte(number>>8), byte(number)).To4()}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		// Every host is this machine; "localhost" must be its IPv4 address, as the
		// visitor's own is.
		DialContext: func(ctx context.Context, network, target string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(target)
			if err != nil {
				return nil, err
			}
			dialer := net.Dialer{LocalAddr: address, Timeout: patience}
			return dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
		},
		DisableKeepAlives: true,
	}
	v := &visitor{t: t, address: address, header: http.Header{
		"User-Agent":      {userAgent},
		"Accept":          {"text/html"},
		"Accept-Language": {"en"},
	}}
	v.client = &http.Client{
		Transport:     transport,
		Jar:           jar,
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return v
}

// try makes one request and returns the answer with its body.
func (v *visitor) try(method, address string, form url.Values) (*http.Response, string, error) {
	request, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, "", err
	}
	request.Header = v.header.Clone()
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", "http://"+request.URL.Host)
	}
	response, err := v.client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response, string(body), err
}

// get returns a page, which must be 200.
func (v *visitor) get(address string) string {
	v.t.Helper()
	response, body, err := v.try(http.MethodGet, address, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		v.t.Fatalf("%s: %s", address, response.Status)
	}
	return body
}

// choose posts a choice as the banner's form does without scripts.
func (v *visitor) choose(s *server, choice string, allow ...string) {
	v.t.Helper()
	if err := v.tryChoose(s.url("/.privacy/choice"), choice, allow...); err != nil {
		v.t.Fatal(err)
	}
}

func (v *visitor) tryChoose(address, choice string, allow ...string) error {
	response, body, err := v.try(http.MethodPost, address, url.Values{"choice": {choice}, "allow": allow, "return": {"/"}})
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("%s: %s: %s", choice, response.Status, body)
	}
	return nil
}

// holds reports whether the visitor has a cookie of the name at the address.
func (v *visitor) holds(address, name string) bool {
	u, err := url.Parse(address)
	if err != nil {
		v.t.Fatal(err)
	}
	return slices.ContainsFunc(v.client.Jar.Cookies(u), func(c *http.Cookie) bool { return c.Name == name })
}

// hasBanner and hasControl judge a page's bytes.
func hasBanner(page string) bool  { return strings.Contains(page, "id=privacy-choice") }
func hasControl(page string) bool { return strings.Contains(page, "id=privacy-control") }

// today is the day in the operator's zone, in which records are kept.
func today(t *testing.T) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(zone)
	return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
}
