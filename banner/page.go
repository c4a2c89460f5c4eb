package banner

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// PageData is what the page /.privacy/ shows to one visitor. The zero value is
// the page of someone who hasn't chosen.
type PageData struct {
	Lang    string   // one of Languages, else the default is spoken
	State   string   // undecided (also any other word), refused, allowed or stale
	GPC     bool     // the browser sends Global Privacy Control
	DNT     bool     // the browser sends Do Not Track
	News    News     // why the state is stale
	Allowed []string // categories and catalogue IDs of services
	// ConsentID is empty where none exists; receipt, export and erasure are
	// offered only with one.
	ConsentID  string
	DecidedOn  policy.Day // zero: not shown
	ValidUntil policy.Day // zero: not shown
	Services   []ServiceRow
	Cookies    []CookieRow // in the order in which they are shown, those of a service together
	Held       []HeldRow
	Events     []EventRow // in the order in which they are shown
	// Message is what just happened: saved, refused, withdrawn, erased or
	// failed. Nothing is shown for other words.
	Message string
	// Return is where the forms lead back to: a path, "/.privacy/" by default.
	Return string
}

// The states of a service.
const (
	Working = "allowed" // it runs
	Blocked = "blocked" // it would run if the visitor allowed it
	Never   = "never"   // it doesn't run whatever is allowed
)

// ServiceRow is one service of the site.
type ServiceRow struct {
	ID        string   // catalogue ID, the value of allow
	Name      string   //
	Vendor    string   // who runs it; empty: not told, unless it runs where the site is
	Category  string   // as consent.Category writes it
	Countries []string // ISO 3166-1 codes ("KZ"), or "operator" where the site is
	Cookies   []string // name patterns
	Keeps     []Keep   // how long it keeps what
	Retention string   // the operator's own words instead, where Keeps is empty
	Months    int      // window of our records in calendar months, 0: none
	Status    string   // Working, Blocked or Never
	Deletion  string   // what a withdrawal means there: deleted, unset, none; empty: not said
	// Never says why the service never runs: cross_border (also any other word),
	// unplaced or not_in_use.
	Never  string
	Reason string // why, in the operator's words; empty: said from the state
}

// Keep says how long one thing is kept by a service: the name of a cookie, or
// cookies, data or recordings; empty is all of it.
type Keep struct {
	What string
	For  policy.Term
}

// CookieRow is one cookie of the site, but for that of the choice.
type CookieRow struct {
	Name        string // or the pattern by which the service describes it
	Service     string // catalogue ID; empty: the site sets it, and nothing describes it
	ServiceName string
	Category    string      // as consent.Category writes it
	Lifetime    policy.Term // zero: not known
	First, Last policy.Day  // when it was seen; zero: not so far
}

// HeldRow is what is kept of one kind.
type HeldRow struct {
	Kind     string // kind of analytics; other words than visits are shown as they are
	What     string // ip or visits
	Count    int
	Since    policy.Day
	DeleteBy policy.Day
}

// EventRow is one decision of the visitor.
type EventRow struct {
	At      time.Time // shown in its own location
	Event   string    // given, refused, withdrawn, erased, blocked or unblocked
	Method  string    // banner, page, api or admin
	Edition policy.Day
	Allowed []string // categories and catalogue IDs of services
}

// Page writes the page /.privacy/ as one HTML document in UTF-8, complete
// without JavaScript and without requests to anywhere. Nothing is written when
// it fails.
func (b *Banner) Page(w io.Writer, data PageData) error {
	var out bytes.Buffer
	if err := b.page.Execute(&out, b.view(data)); err != nil {
		return fmt.Errorf("page /.privacy/: %w", err)
	}
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("page /.privacy/: %w", err)
	}
	return nil
}

// pageNotice renders the page as it is before any choice.
func (b *Banner) pageNotice(lang string) (notice, error) {
	var out bytes.Buffer
	err := b.Page(&out, PageData{Lang: lang})
	return newNotice(out.Bytes()), err
}

// page prepares the page's template with its style and script in place.
func (r *renderer) page(b *Banner) (err error) {
	if b.style, err = r.style("page"); err != nil {
		return err
	}
	if b.script, err = r.script("page"); err != nil {
		return err
	}
	b.page, err = r.document("page", b.style, b.script)
	return err
}

// document parses assets/<name>.html, a template of a whole document. The style
// and the script are handed over as values: the template must not touch what the
// hashes are of.
func (r *renderer) document(name, style, script string) (*template.Template, error) {
	source, err := read(name + ".html")
	if err != nil {
		return nil, err
	}
	parsed, err := template.New(name).Funcs(template.FuncMap{
		"style":  func() template.HTML { return template.HTML("<style>" + style + "</style>") },
		"script": func() template.HTML { return template.HTML("<script>" + script + "</script>") },
	}).Parse(unindented(source))
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	return parsed, nil
}

// unindented drops indentation and empty lines. The HTML minifier isn't for
// templates: it lowers the case of actions between attributes.
func unindented(source string) string {
	var lines []string
	for line := range strings.Lines(source) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
