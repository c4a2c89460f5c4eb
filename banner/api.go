package banner

import "github.com/mamen-ai/consentgate/internal/asciijson"

// APIState is what the script API tells the site, and what the answer of GET
// /.privacy/state begins with: the script compares them by the order of the fields.
type APIState struct {
	State      string   `json:"state"`      // undecided, refused, allowed or stale
	Categories []string `json:"categories"` // allowed whole
	Services   []string `json:"services"`   // allowed one by one, by catalogue ID
}

// apiSource is the script around the place where the state goes.
type apiSource struct{ before, after string }

// API returns the JavaScript that defines window.privacy, in ASCII and safe
// within a script element:
//
//	privacy.choice            {state, categories, services}, frozen
//	privacy.on("choice", fn)  calls fn(choice) once per page, also when late
//	privacy.open()            moves to the banner, or to /.privacy/
//
// The page gets the DOM event "privacy:choice" on document, with the choice as
// detail, when its content is parsed. The script reloads a page whose choice
// changed while it lay in the back/forward cache, in another tab, or on another
// sub-domain.
func (b *Banner) API(state APIState) []byte {
	if state.Categories == nil {
		state.Categories = []string{}
	}
	if state.Services == nil {
		state.Services = []string{}
	}
	raw, _ := asciijson.Marshal(state) // strings and slices of strings always marshal
	return []byte(b.api.before + string(raw) + b.api.after)
}
