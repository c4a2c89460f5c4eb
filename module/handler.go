package module

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/memo"
)

func init() {
	caddy.RegisterModule(new(Handler))
}

// Prefix is the path of the edge's own endpoints, on every host of the site.
const Prefix = "/.privacy/"

// Handler asks the visitors of one site, gates its pages by their choices and
// records what they allowed. It must stand outside of whatever produces the
// site's pages and inside of "encode".
type Handler struct {
	// The site's domain, which its sub-domains share a choice through. Default:
	// the registrable domain of the requested host; the host alone for IP
	// addresses and names without a dot.
	Site string `json:"site,omitempty"`

	// The languages of banner and privacy page, the default first: a subset of
	// "kk", "ru", "en" and the languages of Texts. Default: ru, kk, en, then those
	// of Texts.
	Languages []string `json:"languages,omitempty"`

	// JSON files of texts, one for a language: any subset of the built-in texts, which
	// they stand over. What a language without built-in texts lacks is shown in
	// English, and the log says so. Paths are relative to the working directory;
	// placeholders are replaced.
	Texts []string `json:"texts,omitempty"`

	// The services that the site uses. An entry with nothing but an ID is one of
	// the catalogue; any other is the site's own or replaces one of the
	// catalogue. When the catalogue is named at all, its other services stay
	// blocked whatever a visitor allows. Default: all of the catalogue.
	Services []catalogue.Service `json:"services,omitempty"`

	// Files of services, JSON lists of the form of the built-in catalogue. Their
	// services extend it, or replace those of the same ID; Services win over both.
	// Paths are relative to the working directory; placeholders are replaced.
	Catalogues []string `json:"catalogues,omitempty"`

	// Hosts that are always reachable, as in a Content-Security-Policy:
	// "cdn.mamen.ai", "*.mamen.ai".
	Necessary []string `json:"necessary,omitempty"`

	// What happens to third parties that no service names: "allow" reports them,
	// "block" makes them unreachable. Default: "allow".
	Unknown string `json:"unknown,omitempty"`

	// Holds whole pages to a Connection-Allowlist, where everything unknown is
	// blocked. Workers and frames are held to it always.
	Strict *Strict `json:"strict,omitempty"`

	// What becomes of service workers of the site's own.
	ServiceWorker *ServiceWorker `json:"service_worker,omitempty"`

	// The content codings in which visitors get pages, the preferred first: a subset
	// of "zstd" and "gzip", or "off" alone, which leaves coding to a handler in front.
	// What is inserted into pages is compressed once, not for every visitor. Default:
	// zstd, gzip.
	Encode []string `json:"encode,omitempty"`

	// Lets caches in front, a CDN among them, keep pages as visitors get them who have
	// decided nothing and send no cookie, for as long as the origin says and at most
	// this long, from 1 second to 1 hour. A page of a visitor who has decided is never
	// kept by them. Default: 0, no page is.
	SharedCache caddy.Duration `json:"shared_cache,omitempty"`

	// How the banner looks.
	Banner *Banner `json:"banner,omitempty"`

	// Shows, at /.privacy/gallery, everything a visitor may meet, in every language,
	// state and width. For whoever looks after the texts and the look: anyone can
	// open it. Default: false.
	Gallery bool `json:"gallery,omitempty"`

	app     *App
	gate    *gate.Gate
	banner  *banner.Banner
	gallery *banner.Gallery // nil: not to be shown
	named   []string        // services the operator named
	visits  int             // index of the site's own visit statistics
	limits  *limiter        // of choices and reports
	// visitLimits are apart, so that views of pages never use up anyone's right
	// to refuse: many visitors can share an address.
	visitLimits *limiter
	logger      *slog.Logger
	heads       headCache
	pieces      pieces
	memory      *memo.Memory
	browsers    *recent[string, *browser]
	choices     *recent[cookieKey, consent.Choice]
	domains     *recent[string, domain] // by Host header
	documents   documents
	offer       consent.Offer // what visitors are asked about
	offerDigest consent.Digest
	sources     admissionSources
}

// Strict says how whole pages are held to a Connection-Allowlist. In browsers that
// know it, links lead nowhere but to the site and to the hosts listed here.
type Strict struct {
	// "report" has browsers report what the list would stop, "enforce" has them stop
	// it. Default: "report".
	Mode string `json:"mode,omitempty"`
	// The hosts that the site's links lead to, as in a Content-Security-Policy:
	// "t.me", "*.kaspi.kz".
	Links []string `json:"links,omitempty"`
}

// mode returns the gate's word for it.
func (s *Strict) mode() (gate.Strict, error) {
	if s == nil {
		return gate.NotStrict, nil
	}
	setDefault(&s.Mode, "report")
	if s.Mode == "enforce" {
		return gate.StrictEnforce, nil
	}
	return gate.StrictReport, oneOf("strict", s.Mode, "report", "enforce")
}

// links returns the hosts that links lead to.
func (s *Strict) links() []string {
	if s == nil {
		return nil
	}
	return s.Links
}

// CaddyModule returns the Caddy module information.
func (*Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.consent_gate", New: func() caddy.Module { return new(Handler) }}
}

// Provision compiles the gate and renders the banner.
func (h *Handler) Provision(ctx caddy.Context) error {
	h.logger = ctx.Slogger()
	app, err := ctx.App("consent")
	if err != nil {
		return err
	}
	h.app = app.(*App)
	h.browsers, h.choices, h.domains = newRecent[string, *browser](), newRecent[cookieKey, consent.Choice](), newRecent[string, domain]()
	h.memory = memo.NewMemory()
	if err := h.provisionEncode(); err != nil {
		return err
	}
	if h.SharedCache != 0 {
		if err := CheckSharedCache(h.SharedCache); err != nil {
			return err
		}
	}
	setDefault(&h.Unknown, "allow")
	if err := oneOf("unknown", h.Unknown, "allow", "block"); err != nil {
		return err
	}
	if h.Site != "" && (h.Site != strings.ToLower(h.Site) || !shareable(h.Site)) {
		return fmt.Errorf("site %q: write the domain alone and in lower case, for example mamen.ai", h.Site)
	}
	if h.Banner == nil {
		h.Banner = new(Banner)
	}
	if h.ServiceWorker != nil {
		if err := h.ServiceWorker.Remove.Provision(ctx); err != nil {
			return fmt.Errorf("service_worker remove: %w", err)
		}
	}
	strict, err := h.Strict.mode()
	if err != nil {
		return err
	}
	compiled, inUse, err := h.compile()
	if err != nil {
		return err
	}
	for _, service := range compiled.Services() {
		if service.Window != 0 {
			if err := h.app.setWindow(service.ID, service.Window); err != nil {
				return err
			}
		}
	}
	h.named = append(ids(h.Services), visitsService.ID)
	h.gate, err = gate.New(gate.Options{
		Catalogue:    compiled,
		InUse:        inUse,
		Necessary:    h.Necessary,
		BlockUnknown: h.Unknown == "block",
		Strict:       strict,
		Links:        h.Strict.links(),
		CrossBorder:  h.app.CrossBorder == "allow",
		Jurisdiction: h.app.Jurisdiction,
		Prefix:       Prefix,
	})
	if err != nil {
		return err
	}
	h.visits = compiled.Index(visitsService.ID)
	h.offer = h.offerOf(h.gate)
	h.offerDigest = h.offer.Digest()
	if err := h.render(); err != nil {
		return err
	}
	h.limits, h.visitLimits = newLimiter(h.app.now), newLimiter(h.app.now)
	h.sources = newAdmissionSources(h.banner)
	h.app.sites = append(h.app.sites, h)
	return nil
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	if err := h.app.shared.admitted(r.Context()); err != nil {
		return caddyhttp.Error(http.StatusServiceUnavailable, err)
	}
	x := h.newExchange(r)
	if endpoint, ok := strings.CutPrefix(x.url.Path, Prefix); ok {
		return x.serveEndpoint(w, endpoint)
	}
	switch x.url.Path {
	case gpcPath:
		return x.serveGPC(w)
	case strings.TrimSuffix(Prefix, "/"):
		http.Redirect(w, r, Prefix, http.StatusPermanentRedirect)
		return nil
	}
	defer x.markLog(r)
	service, denied := x.collects()
	if denied {
		h.app.metrics.blocked(gate.LayerCollector, h.gate.ServiceID(service))
	}
	switch {
	case x.removesWorker(denied):
		return x.serveRemovingWorker(w)
	case denied:
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	rw := newResponseWriter(w, x)
	defer rw.recycle()
	if err := next.ServeHTTP(rw, x.upstream()); err != nil {
		return err // nothing may follow what the error's handler writes
	}
	if err := rw.finish(); err != nil {
		return err
	}
	x.record()
	return nil
}

var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)
