package banner

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/url"
)

// EmbedData is what stands in the place of one blocked frame, or of a redirect that
// leads through a blocked service.
type EmbedData struct {
	Lang      string   // one of Languages, else the default is spoken
	ID        string   // catalogue ID of the service, the value of allow
	Name      string   // empty: the ID is shown
	Vendor    string   // who runs it; empty: not told
	Countries []string // ISO 3166-1 codes ("KZ"), or "operator" where the site is
	// Source is the http or https address that the frame would show; empty: no link.
	Source string
	// Status is Working, Blocked (also any other word) or Never. Only a blocked
	// service can be allowed.
	Status string
	// Reason is why a service never runs: cross_border (policy 3.2.6) or
	// not_in_use.
	Reason string
	// Held says that nothing can be pressed: the frame's sandbox would hold the click.
	Held bool
	// Return is the path of the page that shows the frame, "/" by default.
	Return string
	// Target is the http or https address a redirect leads to; empty for a frame.
	// Without an ID it is a site that no service names.
	Target string
}

type embedTexts struct {
	Blocked   string            `json:"blocked"`
	Passing   string            `json:"passing"`
	Leaving   string            `json:"leaving"`
	Continue  string            `json:"continue"`
	Countries string            `json:"countries"`
	Allow     string            `json:"allow"`
	Running   string            `json:"running"`
	Reload    string            `json:"reload"`
	Reasons   map[string]string `json:"reasons"`
}

// embedView is what the placeholder's template shows, in words.
type embedView struct {
	Lang, Dir, ID, Name     string
	Why, RunBy, Countries   string
	Allow, Reload, Settings string // empty where there is none
	Return                  string
	Target, Source          string // empty where nothing is to be followed
	Continue                string // to the one or the other
}

// Embed writes the page that a blocked frame shows: whose it is, why it's
// blocked, and a form that adds this one service to what is allowed and leads the whole tab
// back.
// It is one HTML document in UTF-8, complete without JavaScript and without
// requests to anywhere. Nothing is written when it fails.
func (b *Banner) Embed(w io.Writer, data EmbedData) error {
	var out bytes.Buffer
	if err := b.embed.Execute(&out, b.embedView(data)); err != nil {
		return fmt.Errorf("page of a blocked frame: %w", err)
	}
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("page of a blocked frame: %w", err)
	}
	return nil
}

// EmbedHashes returns the Content-Security-Policy sources of the placeholder's
// inline style (CSP3 §2.3.1, hash-source). It has no scripts.
func (b *Banner) EmbedHashes() (styles []string) { return []string{hashSource(b.embedStyle)} }

// EmbedNotice returns the hash of the placeholder as it is shown to a visitor who
// hasn't chosen and with no service named, in hex: what records of a choice made
// there refer to.
func (b *Banner) EmbedNotice(lang string) string { return b.embedNotices[b.known(lang)].sha256 }

// embedNotice renders the placeholder as it is before any choice.
func (b *Banner) embedNotice(lang string) (notice, error) {
	var out bytes.Buffer
	err := b.Embed(&out, EmbedData{Lang: lang})
	return newNotice(out.Bytes()), err
}

func (b *Banner) embedView(data EmbedData) embedView {
	lang := b.known(data.Lang)
	t := b.texts[lang]
	v := embedView{
		Lang:     lang,
		Dir:      direction(lang),
		ID:       data.ID,
		Name:     t.serviceName(ServiceRow{ID: data.ID, Name: data.Name}),
		Settings: t.Choice.Page,
		Return:   cmp.Or(data.Return, "/"),
	}
	if countries := t.countries(data.Countries); countries != "" {
		v.Countries = fill(t.Embed.Countries, "countries", countries)
	}
	switch data.Status {
	case Working:
		v.Why, v.Reload = t.Embed.Running, t.Embed.Reload
	case Never:
		v.Why = t.Embed.Reasons[data.Reason]
	default:
		v.Why, v.Allow = t.Embed.Blocked, fill(t.Embed.Allow, "name", v.Name)
	}
	if source, err := url.Parse(data.Source); err == nil && (source.Scheme == "https" || source.Scheme == "http") && data.Status != Working && !data.Held {
		v.Source, v.Continue = data.Source, fill(t.Embed.Continue, "host", source.Hostname())
	}
	v.RunBy = t.runBy(ServiceRow{Vendor: data.Vendor, Countries: data.Countries}, b.options.Controller)
	if data.Held {
		v.Allow, v.Reload, v.Settings = "", "", ""
	}
	if target, err := url.Parse(data.Target); err == nil && (target.Scheme == "https" || target.Scheme == "http") {
		v.Target, v.Continue = target.String(), fill(t.Embed.Continue, "host", target.Hostname())
		v.Why = t.Embed.Passing + " " + v.Why
		if data.ID == "" {
			v.Name, v.Why, v.Allow = target.Hostname(), t.Embed.Leaving, ""
		}
	}
	return v
}

// embed prepares the placeholder's template with its style in place.
func (r *renderer) embed(b *Banner) (err error) {
	if b.embedStyle, err = r.style("embed"); err != nil {
		return err
	}
	b.embed, err = r.document("embed", b.embedStyle, "")
	return err
}
