package module

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// maxReport bounds the body of a report, in bytes.
const maxReport = 16 << 10

// maxGuardCount bounds what one report of the guard may add to a counter: anyone
// can send one.
const maxGuardCount = 1000

// maxReported bounds how many violations, or addresses of the guard, are read of
// one report.
const maxReported = 64

// violation is what a browser tells of one thing that a policy forbids.
type violation struct {
	blocked     string // URL, or a keyword: inline, eval, data (CSP3 §5.1)
	page        string // URL
	disposition string // "enforce" or "report"
}

// cspReport is a violation as browsers post it to report-uri (CSP3 §5.3), or what
// the runtime guard stopped.
type cspReport struct {
	Report struct {
		BlockedURI  string `json:"blocked-uri"`
		DocumentURI string `json:"document-uri"`
		Disposition string `json:"disposition"`
	} `json:"csp-report"`
	Guard map[string]int `json:"guard"` // how often, by URL without query
}

// sentReport is one of those that browsers post to report-to (Reporting API §2.4,
// CSP3 §5.2).
type sentReport struct {
	Type string `json:"type"`
	Body struct {
		BlockedURL  string `json:"blockedURL"`
		DocumentURL string `json:"documentURL"`
		Disposition string `json:"disposition"`
	} `json:"body"`
}

// readReport reads a body of any of the three forms. What is none of them is
// empty.
func readReport(raw []byte) (violations []violation, guard map[string]int) {
	if bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("[")) {
		var reports []sentReport
		if json.Unmarshal(raw, &reports) != nil {
			return nil, nil
		}
		for _, r := range reports[:min(len(reports), maxReported)] {
			if r.Type == "csp-violation" {
				violations = append(violations, violation{r.Body.BlockedURL, r.Body.DocumentURL, r.Body.Disposition})
			}
		}
		return violations, nil
	}
	var csp cspReport
	if json.Unmarshal(raw, &csp) != nil {
		return nil, nil
	}
	if csp.Report.BlockedURI != "" {
		violations = append(violations, violation{csp.Report.BlockedURI, csp.Report.DocumentURI, csp.Report.Disposition})
	}
	return violations, csp.Guard
}

// serveReport counts what browsers report. Reports can be forged and carry
// addresses of pages: only numbers remain, and in the inventory the hosts of third
// parties with the path on which they were met first.
func (x *exchange) serveReport(w http.ResponseWriter) error {
	defer w.WriteHeader(http.StatusNoContent)
	if !x.handler.limits.allowReport() {
		return nil
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, x.request.Body, maxReport))
	if err != nil {
		return nil
	}
	violations, guard := readReport(raw)
	for _, v := range violations {
		x.countViolation(v)
	}
	read := 0
	for what, count := range guard {
		if read++; read > maxReported {
			break
		}
		if count > 0 {
			x.countStopped(what, min(count, maxGuardCount))
		}
	}
	return nil
}

// countViolation counts a blocked address under its service; one that was only
// reported, of a service that isn't allowed, has leaked.
func (x *exchange) countViolation(v violation) {
	service, denied := x.permit.Reference(v.blocked, x.base())
	id := x.handler.gate.ServiceID(service)
	enforced := v.disposition == "enforce"
	foreign := x.sawReported(v.blocked, v.page, service, enforced, 1)
	metrics := x.handler.app.metrics
	switch {
	case enforced:
		metrics.blocked(gate.LayerCSP, id)
	case service >= 0 && denied:
		metrics.leaked(id)
	case service < 0 && foreign:
		metrics.unknownReported.Inc()
	}
}

// countStopped counts an address that the guard stopped in the page.
func (x *exchange) countStopped(address string, times int) {
	service, _ := x.permit.Reference(address, x.base())
	if x.sawReported(address, x.request.Header.Get("Referer"), service, true, times) {
		id := x.handler.gate.ServiceID(service)
		x.handler.app.metrics.services.of(gate.LayerGuard, id).Add(float64(times))
	}
}

// sawReported notes an address that a browser met on a page, and reports whether
// it is another host's. That may be one of the site's own: to a policy it is as
// foreign as any until it's listed.
func (x *exchange) sawReported(address, page string, service int, blocked bool, times int) (foreign bool) {
	l := catalogue.Locate([]byte(address), x.base(), nil)
	if l.Kind == catalogue.Opaque || string(l.Host) == x.host {
		return false
	}
	host, path := x.ownPage(page)
	x.handler.app.shared.inventory.Note(inventory.Sight{
		Kind: inventory.Host, Source: inventory.Report, Name: l.Host, Service: x.owner(l.Host, service),
		Times: int64(times), Blocked: blocked, At: x.at, Host: host, Path: path,
	})
	return true
}

// ownPage returns host and decoded path of a URL when it is a page of the site.
func (x *exchange) ownPage(address string) (host, path string) {
	u, err := url.Parse(address)
	if err != nil || !x.base().FirstParty.Has([]byte(strings.ToLower(u.Hostname()))) {
		return "", ""
	}
	return strings.ToLower(u.Hostname()), u.Path
}
