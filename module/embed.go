package module

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
)

// fromEmbed is the value of a choice's field "from" that the placeholder's form
// sends: what it allows comes on top of what is allowed when it arrives. The
// frame may be older than that.
const fromEmbed = "embed"

// adding returns the present choice with another on top.
func (x *exchange) adding(choice consent.Choice) consent.Choice {
	if x.choice.State != consent.Allowed || choice.State != consent.Allowed {
		return choice
	}
	choice.Categories |= x.choice.Categories
	for _, tag := range x.choice.Services {
		if !slices.Contains(choice.Services, tag) {
			choice.Services = append(choice.Services, tag)
		}
	}
	slices.Sort(choice.Services)
	return choice
}

// serveEmbed answers the page that a blocked frame shows instead of its service.
func (x *exchange) serveEmbed(w http.ResponseWriter) error {
	h := x.handler
	id, held := strings.CutSuffix(strings.TrimPrefix(x.url.Path, Prefix+gate.EmbedPath), gate.HeldPath)
	id, encoded, _ := strings.Cut(id, gate.SourcePath)
	i := h.gate.Index(id)
	if i == gate.Unknown || !h.gate.HasPlaceholder(i) {
		return answer(w, http.StatusNotFound, "no such address")
	}
	data := x.embedData(i)
	data.Source = h.gate.EmbedSource(i, encoded)
	data.Return, data.Held = x.framedBy(), held
	return x.writeEmbed(w, data)
}

// embedData describes a service for its placeholder.
func (x *exchange) embedData(i int) banner.EmbedData {
	g := x.handler.gate
	service := g.Services()[i]
	return banner.EmbedData{
		Lang:      x.language(""),
		ID:        service.ID,
		Name:      service.Name,
		Vendor:    service.Vendor,
		Countries: service.Countries,
		Status:    g.Status(x.choice, i).String(),
		Reason:    string(g.Reason(i)),
	}
}

// writeEmbed answers a placeholder.
func (x *exchange) writeEmbed(w http.ResponseWriter, data banner.EmbedData) error {
	var body bytes.Buffer
	if err := x.handler.banner.Embed(&body, data); err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", data.Lang)
	header.Set("X-Robots-Tag", "noindex")
	// Pages that are isolated from other origins show only frames that say so too
	// (WHATWG HTML §7.1.4, cross-origin embedder policies).
	header.Set("Cross-Origin-Embedder-Policy", "require-corp")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Content-Security-Policy", fmt.Sprintf(
		"default-src 'none'; style-src %s; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
		strings.Join(x.handler.banner.EmbedHashes(), " ")))
	w.WriteHeader(http.StatusOK)
	if x.request.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body.Bytes())
	return err
}

// maxReturn bounds the path in the placeholder's form, in bytes as it is posted:
// beside it the choice must fit into maxForm.
const maxReturn = 1 << 10

// framedBy returns the path of the page that shows the frame, without a query
// that is too long, or "" when the browser doesn't say: a site's Referrer-Policy
// may forbid it. An address of the edge's own frames nothing.
func (x *exchange) framedBy() string {
	path := x.referrer()
	if len(url.QueryEscape(path)) > maxReturn {
		path, _, _ = strings.Cut(path, "?")
	}
	if len(url.QueryEscape(path)) > maxReturn || strings.HasPrefix(path, Prefix) {
		return ""
	}
	return path
}
