package module

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/gate"
)

// maxReport bounds the body of a report, in bytes.
const maxReport = 16 << 10

// maxGuardCount bounds what one report of the guard may add to a counter: anyone
// can send one.
const maxGuardCount = 1000

// cspReport is a violation as browsers post it to report-uri (CSP3 §5.3).
type cspReport struct {
	Report struct {
		BlockedURI  string `json:"blocked-uri"`
		Disposition string `json:"disposition"`
	} `json:"csp-report"`
	Guard map[string]int `json:"guard"` // stopped by the runtime guard, by service
}

// serveReport counts what browsers report. Nothing of it is stored: reports can
// be forged and carry addresses of pages.
func (x *exchange) serveReport(w http.ResponseWriter) error {
	defer w.WriteHeader(http.StatusNoContent)
	if !x.handler.limits.allowReport() {
		return nil
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, x.request.Body, maxReport))
	if err != nil {
		return nil
	}
	var report cspReport
	if json.Unmarshal(raw, &report) != nil {
		return nil
	}
	metrics := x.handler.app.metrics
	for id, count := range report.Guard {
		if i := x.handler.gate.Index(id); i >= 0 && count > 0 {
			metrics.blockedTotal.WithLabelValues(string(gate.LayerGuard), id).Add(float64(min(count, maxGuardCount)))
		}
	}
	if uri := report.Report.BlockedURI; uri != "" {
		x.countViolation(uri, report.Report.Disposition)
	}
	return nil
}

// countViolation counts a blocked address under its service; one that was only
// reported, of a service that isn't allowed, has leaked.
func (x *exchange) countViolation(uri, disposition string) {
	service, denied := x.permit.Reference(uri, x.base())
	id := x.handler.gate.ServiceID(service)
	metrics := x.handler.app.metrics
	switch {
	case disposition == "enforce":
		metrics.blockedTotal.WithLabelValues(string(gate.LayerCSP), id).Inc()
	case service >= 0 && denied:
		metrics.leaksReported.WithLabelValues(id).Inc()
	case service < 0 && catalogue.Locate([]byte(uri), x.base(), nil).Kind == catalogue.ThirdParty:
		metrics.unknownReported.Inc() // what isn't a URL is a keyword: inline, eval, data (CSP3 §5.1)
	}
}
