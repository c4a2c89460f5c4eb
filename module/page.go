package module

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
)

// filterHeader takes out of a final header what would act for a denied service
// before or beside the page, and makes the browser forget denied cookies it
// still sends.
func (x *exchange) filterHeader(header http.Header) {
	if links := header["Link"]; len(links) > 0 {
		setOrDelete(header, "Link", x.permit.Links(links, x.base(), x))
	}
	for _, name := range gate.ActingHeaders() {
		values := header[name]
		if len(values) == 0 {
			continue
		}
		kept := x.permit.Values(values, x.base(), x)
		if len(kept) < len(values) && len(header["Nel"]) > 0 {
			// A browser may hold the denied address from before (Network Error Logging
			// §4.3: the age 0 makes it forget).
			header["Nel"] = []string{`{"max_age":0}`}
		}
		setOrDelete(header, name, kept)
	}
	for _, name := range gate.ReportingPolicies() {
		if values := header[name]; len(values) > 0 {
			kept := slices.DeleteFunc(slices.Clone(x.permit.Policies(values, x.base(), x)), func(policy string) bool { return policy == "" })
			setOrDelete(header, name, kept)
		}
	}
	if cookies := header["Set-Cookie"]; len(cookies) > 0 {
		setOrDelete(header, "Set-Cookie", x.permit.SetCookies(cookies, x))
	}
	if len(x.denied) > 0 && x.acceptsHTML() {
		// Each answer begins with another: a cookie that a browser won't let go of
		// must not keep the others.
		first := int(x.at.Unix() % int64(len(x.denied)))
		names := slices.Concat(x.denied[first:], x.denied[:first])
		header["Set-Cookie"] = append(header["Set-Cookie"], gate.ExpireCookies(names, x.host, x.url.EscapedPath(), maxExpired)...)
	}
}

// maxExpired bounds the Set-Cookie lines of one answer that make denied cookies
// go: proxies in front take only so much header. The next page goes on with what
// is left.
const maxExpired = 40

func setOrDelete(header http.Header, name string, values []string) {
	if len(values) == 0 {
		header.Del(name)
		return
	}
	header[name] = values
}

// admitPolicy lets the edge's own insertions through the site's policies and
// adds the gate's as a line of its own: several policies intersect, so ours can
// only narrow (CSP3 §4.2).
func (x *exchange) admitPolicy(header http.Header) {
	policies, reporting := header["Content-Security-Policy"], header["Content-Security-Policy-Report-Only"]
	x.bounds = gate.BoundsOf(policies)
	if len(policies)+len(reporting) > 0 {
		admission := x.handler.sources.admission(x)
		admission.Scripts = append(slices.Clip(admission.Scripts), x.handler.heads.of(x).hash)
		setOrDelete(header, "Content-Security-Policy", gate.Admit(policies, admission))
		// What only reports would report what is inserted.
		setOrDelete(header, "Content-Security-Policy-Report-Only", gate.Admit(reporting, admission))
	}
	name, value := x.permit.Policy()
	if name != "" {
		header[name] = append(slices.Clip(header[name]), value)
	}
	if list, value := x.permit.Allowlist(x.dest); list != "" {
		header[list] = []string{value}
	}
	if name == "Content-Security-Policy" {
		// A cached worker or image document brings its policy along, and a script may
		// become a worker.
		vary(header, "Cookie", "Sec-Fetch-Dest", "Accept-Encoding")
		if x.choice.State == consent.Allowed {
			keepPrivate(header)
		}
	}
}

// unreadHeader keeps HTML that wasn't rewritten out of every cache: a cached copy
// would be ungated wherever it's shown.
func (x *exchange) unreadHeader(header http.Header) {
	header["Cache-Control"] = []string{"private, no-store"}
	header.Del("Expires")
	deleteSharedCaching(header)
}

// ofBody lists the headers that hold for the bytes of the origin's answer, as they are
// spelled in an http.Header.
func ofBody() []string {
	return []string{
		"Content-Length", "Content-Encoding", "Accept-Ranges", "Content-Md5", "Digest", "Content-Digest", "Repr-Digest",
		"Last-Modified",
	}
}

// pageHeader makes the header fit a page that is rewritten per visitor: no
// length, no coding, no digest, no ranges, no date as validator; private and
// revalidated, but never no-store, so that the back/forward cache keeps working.
func (x *exchange) pageHeader(header http.Header) {
	for _, name := range ofBody() {
		delete(header, name)
	}
	delete(header, "Expires")
	deleteSharedCaching(header)
	if header.Get("Etag") != "" {
		rekeyETag(header, x.variant())
	}
	if cacheControl := strings.ToLower(strings.Join(header["Cache-Control"], ",")); !strings.Contains(cacheControl, "no-store") {
		header["Cache-Control"] = []string{"private, no-cache"}
		if strings.Contains(cacheControl, "no-transform") {
			header["Cache-Control"] = []string{"private, no-cache, no-transform"}
		}
	}
	vary(header, "Cookie")
}

// insertion returns what goes into the page. Framed documents and fragments get
// the guard but no banner: they aren't where a visitor decides. utf8 reports whether
// the page is in UTF-8, as far as has been read.
func (x *exchange) insertion(utf8 func() bool) gate.Insertion {
	h := x.handler
	insertion := gate.Insertion{Home: x.home(), Admission: func() gate.Admission { return h.sources.admission(x) }}
	if !x.bounds.Scriptless {
		insertion.Head = h.heads.get(x)
	}
	if !x.navigates() || x.isBot() {
		return insertion
	}
	accept := x.request.Header.Get("Accept-Language")
	insertion.Body = func(page gate.Place) []byte {
		language := h.banner.Language(page.Lang, accept)
		fragment := h.banner.Control(language)
		if x.canAsk() {
			if !x.prefetched() {
				h.app.metrics.bannerShown.Inc()
			}
			fragment = x.question(language)
		}
		text := fragment.HTML
		if utf8() {
			text = fragment.UTF8
		}
		place := banner.Place{
			OwnTab:      page.OtherTab,
			Scriptless:  x.bounds.Scriptless,
			Pictureless: page.Pictureless || x.bounds.Pictureless,
		}
		if page.Elsewhere {
			place.Origin = x.home()
		}
		if place != (banner.Place{}) {
			return place.Fit(text)
		}
		h.pieces.add(text)
		return text
	}
	return insertion
}

// canAsk reports whether the banner is shown. Where a policy of the site sends no
// forms it would take no answer: the control leads to the page that does.
func (x *exchange) canAsk() bool { return x.asks() && !x.bounds.Formless }

// head is the edge's first script of a page with its hash.
type head struct {
	html []byte
	hash string // 'sha256-…'
}

// headCache keeps the heads of choices by category; they are the same bytes for
// every visitor with such a choice.
type headCache struct {
	mu    sync.Mutex
	heads map[headKey]head
}

type headKey struct {
	state      consent.State
	categories consent.Set
	services   string // their tags
}

// maxHeads bounds the heads kept for choices of single services.
const maxHeads = 512

func (c *headCache) get(x *exchange) []byte { return c.of(x).html }

func (c *headCache) of(x *exchange) head {
	key := headKey{state: x.choice.State, categories: x.choice.Categories}
	if x.choice.State == consent.Allowed && len(x.choice.Services) > 0 {
		key.services = fmt.Sprint(x.choice.Services)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.heads[key]; ok {
		return known
	}
	state := x.apiState()
	script := slices.Concat(x.permit.Signals(), x.permit.Guard(), x.handler.banner.API(state))
	sum := sha256.Sum256(script)
	made := head{
		html: slices.Concat([]byte("<script>"), script, []byte("</script>")),
		hash: "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'",
	}
	if c.heads == nil {
		c.heads = make(map[headKey]head)
	}
	if len(c.heads) < maxHeads {
		c.heads[key] = made
		x.handler.pieces.add(made.html)
	}
	return made
}

// apiState is the choice as window.privacy tells it.
func (x *exchange) apiState() banner.APIState { return x.handler.apiState(x.choice) }

func (h *Handler) apiState(choice consent.Choice) banner.APIState {
	state := banner.APIState{State: choice.State.String(), Categories: []string{}, Services: []string{}}
	if choice.State != consent.Allowed {
		return state
	}
	for _, category := range choice.Categories.Categories() {
		state.Categories = append(state.Categories, category.String())
	}
	if len(choice.Services) == 0 {
		return state
	}
	for _, service := range h.gate.Services() {
		if slices.Contains(choice.Services, consent.TagOf(service.ID)) {
			state.Services = append(state.Services, service.ID)
		}
	}
	return state
}

// admissionSources are the hashes of what the banner inserts into bodies.
type admissionSources struct {
	ask, control gate.Admission
}

func newAdmissionSources(b *banner.Banner) admissionSources {
	collect := func(fragment func(lang string) *banner.Fragment) gate.Admission {
		a := gate.Admission{Prefix: Prefix}
		for _, lang := range b.Languages() {
			f := fragment(lang)
			a.Scripts = append(a.Scripts, f.ScriptHashes...)
			a.Styles = append(a.Styles, f.StyleHashes...)
		}
		slices.Sort(a.Scripts)
		slices.Sort(a.Styles)
		a.Scripts, a.Styles = slices.Compact(a.Scripts), slices.Compact(a.Styles)
		return a
	}
	return admissionSources{ask: collect(b.Ask), control: collect(b.Control)}
}

// admission is what the body's insertions need.
func (s admissionSources) admission(x *exchange) gate.Admission {
	a := s.control
	if x.canAsk() {
		a = s.ask
	}
	a.Origin = x.origin()
	return a
}
