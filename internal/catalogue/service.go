package catalogue

import (
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
)

// Service is one vendor tool. Operators write the same structure in a
// configuration; the patterns are explained in the package comment.
type Service struct {
	// ID names the service in configurations, records and metrics: a small
	// letter, then 1 to 40 small letters, digits or "_".
	ID string `json:"id"`
	// Name is what a visitor reads.
	Name string `json:"name,omitempty"`
	// Category is the strictest purpose the service serves.
	Category consent.Category `json:"category,omitzero"`
	// Scripts are patterns of what a page loads from the service.
	Scripts []string `json:"scripts,omitempty"`
	// Collect are patterns of where the service sends data.
	Collect []string `json:"collect,omitempty"`
	// Inline are markers by which an inline snippet is known, of 8 to 256
	// characters; see Catalogue.FindInline.
	Inline []string `json:"inline,omitempty"`
	// Stubs are the globals that pages go on calling when the snippet is blocked:
	// "gtag" is a function, whose members pages may call too (ttq.track); "_paq[]"
	// is an array that pages push to.
	Stubs []string `json:"stubs,omitempty"`
	// Cookies are names of cookies, "*" standing for any run of characters. Only
	// names that can't be mistaken for the site's own belong here.
	Cookies []string `json:"cookies,omitempty"`
	// Countries are the ISO 3166-1 alpha-2 codes of where the data is processed;
	// "operator" is where the site itself is, for self-hosted tools.
	Countries []string `json:"countries,omitempty"`
	// Window is how long the service's records may be kept; 0 is the site's
	// default.
	Window policy.Window `json:"window,omitempty"`
	// Retention is what the vendor says about keeping, in words for the operator.
	Retention string `json:"retention,omitempty"`
	// Keeps says the same so that it can be told in the language of the visitor, who
	// is shown Retention where it is empty.
	Keeps []Keep `json:"keeps,omitempty"`
	// VisitorID are those of the Cookies that hold the vendor's identifier of the
	// visitor.
	VisitorID []string `json:"visitor_id,omitempty"`
	// Deletion is the API by which the data of a single visitor can be deleted at
	// the vendor's server: see DeletionAPIs. Empty: the vendor has none that
	// consentgate can use.
	Deletion string `json:"deletion,omitempty"`
	// Signals are the vendor's consent calls; several where its products have one
	// each.
	Signals []Signal `json:"signals,omitempty"`
	// Vendor is who runs the service.
	Vendor string `json:"vendor,omitempty"`
	// Doubt says which of these facts no public document of the vendor confirms,
	// and why a consent call is missing.
	Doubt string `json:"doubt,omitempty"`
	// Source is the document the facts were compared with: its title and address.
	Source string `json:"source,omitempty"`
}

// Keep says how long a service keeps one thing.
type Keep struct {
	// What is one of the service's Cookies or of the KeptThings; empty is all of it.
	What string      `json:"what,omitempty"`
	For  policy.Term `json:"for"`
}

// String returns the length and what is kept for it, as configurations name them.
func (k Keep) String() string { return strings.TrimSpace(k.For.String() + " " + k.What) }

// KeptThings are the values of Keep.What beside names of cookies: all its cookies,
// the data at its servers, recordings of visits.
func KeptThings() []string { return []string{"cookies", "data", "recordings"} }

// DeletionAPIs returns the values of Service.Deletion: Matomo's HTTP API with
// PrivacyManager.deleteDataSubjects, and PostHog's persons API.
func DeletionAPIs() []string { return []string{"matomo", "posthog"} }
