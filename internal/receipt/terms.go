// Package receipt writes consent down in the shape of ISO/IEC TS 27560:2023, in
// the words of the Data Privacy Vocabulary (DPV 2, guide "consent-27560"): the
// terms under which a site asks, and the signed receipt that a visitor takes
// home and anybody can check without a server.
//
// It holds no record and decides nothing: events come from the store.
package receipt

import (
	"encoding/json"
	"fmt"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
)

// Terms are what a consent is given to: who processes which data for what, where
// and for how long. Ledger rows refer to their JSON by its SHA-256.
type Terms struct {
	Language   string            `json:"dct:language"` // of the texts
	Notices    []Notice          `json:"dpv:hasNotice"`
	Entities   map[string]Entity `json:"dpv:hasEntity"`
	Processes  []Process         `json:"dpv:hasProcess"`
	Withdrawal string            `json:"dpv:isExercisedAt"` // where consent is withdrawn
	TimeZone   string            `json:"schema:scheduleTimezone"`
}

// Notice is a document that the visitor could read.
type Notice struct {
	Type       []string `json:"@type"`
	Identifier string   `json:"dpv:hasIdentifier,omitempty"` // SHA-256 of the document, in hex
	Version    string   `json:"schema:version,omitempty"`    // edition
	URL        string   `json:"schema:url,omitempty"`
}

// Entity is the controller or a recipient.
type Entity struct {
	Type       []string `json:"@type"`
	Name       string   `json:"dpv:hasName"`
	Identifier string   `json:"dpv:hasIdentifier,omitempty"`
	Address    string   `json:"dpv:hasAddress,omitempty"`
	Contact    string   `json:"dpv:hasContact,omitempty"`
	Countries  []string `json:"dpv:hasJurisdiction,omitempty"`
}

// Process is one purpose that a visitor can allow by itself.
type Process struct {
	Type          string             `json:"@type"`
	ID            string             `json:"@id"` // the category
	Purposes      []Purpose          `json:"dpv:hasPurpose"`
	Data          []Data             `json:"dpv:hasPersonalData"`
	Operations    []string           `json:"dpv:hasProcessing"`
	Controllers   []string           `json:"dpv:hasDataController"` // keys of Entities
	Sources       []string           `json:"dpv:hasDataSource"`
	Storage       []StorageCondition `json:"dpv:hasStorageCondition"`
	Recipients    []string           `json:"dpv:hasRecipient"` // keys of Entities
	LegalBases    []string           `json:"dpv:hasLegalBasis"`
	Jurisdictions []string           `json:"dpv:hasJurisdiction"`
	Law           string             `json:"dpv:hasApplicableLaw"`
	CrossBorder   bool               `json:"consentgate:crossBorder"` // whether it may leave the jurisdiction
	Published     bool               `json:"consentgate:published"`   // whether the data is made public
	Status        []Status           `json:"dpv:hasConsentStatus,omitempty"`
}

// Purpose says why.
type Purpose struct {
	Broader    string `json:"skos:broader"`
	Label      string `json:"skos:prefLabel"`
	Definition string `json:"skos:definition,omitempty"`
}

// Data is a kind of personal data.
type Data struct {
	Type    []string `json:"@type"`
	Broader string   `json:"skos:broader"`
	Label   string   `json:"skos:prefLabel"`
}

// StorageCondition says where data is kept, or how long.
type StorageCondition struct {
	Type     []string  `json:"@type"`
	Location string    `json:"dpv:hasLocation,omitempty"`
	Duration *Duration `json:"dpv:hasDuration,omitempty"`
	Label    string    `json:"skos:prefLabel,omitempty"` // the kind of records it is of
}

// Duration is a period of time (ISO 8601) or an instant.
type Duration struct {
	Type  string `json:"@type"`
	Value string `json:"rdf:value"`
}

// Site is what a site asks for; see [NewTerms].
type Site struct {
	Language     string
	Controller   Entity // its Type is set by NewTerms
	Edition      policy.Day
	PolicyURL    string
	PolicySHA256 string
	Jurisdiction string // ISO 3166-1 alpha-2
	CrossBorder  bool
	FullIP       bool
	TimeZone     string
	Withdrawal   string
	Purposes     map[consent.Category]Purpose // those asked for; Broader is set by NewTerms
	Services     []Service
}

// Service is a recipient, or a tool of the site's own.
type Service struct {
	ID, Name, Vendor string
	Category         consent.Category
	Countries        []string
	Kind             string        // of its records
	Window           policy.Window // 0 where nothing is recorded for it
}

// controllerKey is the key of the controller among the entities.
const controllerKey = "controller"

// broader are the purposes of DPV under which a category falls.
var broader = map[consent.Category]string{
	consent.Functional: "dpv:ServiceProvision",
	consent.Statistics: "dpv:ServiceUsageAnalytics",
	consent.Marketing:  "dpv:Marketing",
}

// NewTerms returns the terms of a site.
func NewTerms(s Site) Terms {
	controller := s.Controller
	controller.Type = []string{"dpv:DataController", "dpv:Organisation"}
	terms := Terms{
		Language: s.Language,
		Notices: []Notice{{Type: []string{"dpv:PrivacyNotice"}, Identifier: s.PolicySHA256,
			Version: s.Edition.String(), URL: s.PolicyURL}},
		Entities:   map[string]Entity{controllerKey: controller},
		Withdrawal: s.Withdrawal,
		TimeZone:   s.TimeZone,
	}
	for _, category := range consent.Optional() {
		purpose, asked := s.Purposes[category]
		if !asked {
			continue
		}
		purpose.Broader = broader[category]
		terms.Processes = append(terms.Processes, terms.process(s, category, purpose))
	}
	return terms
}

// process describes a category, and adds its recipients to the entities.
func (t *Terms) process(s Site, category consent.Category, purpose Purpose) Process {
	p := Process{
		Type:          "dpv:Process",
		ID:            category.String(),
		Purposes:      []Purpose{purpose},
		Operations:    []string{"dpv:Collect", "dpv:Store", "dpv:Use", "dpv:Erase"},
		Controllers:   []string{controllerKey},
		Sources:       []string{"dpv:DataSubjectDataSource"},
		Recipients:    []string{controllerKey},
		LegalBases:    []string{"dpv:Consent"},
		Jurisdictions: []string{"loc:" + s.Jurisdiction},
		Law:           "Law of the Republic of Kazakhstan of 21 May 2013 No. 94-V",
		Storage:       []StorageCondition{{Type: []string{"dpv:StorageLocation"}, Location: "loc:" + s.Jurisdiction}},
	}
	if category == consent.Statistics {
		p.Data = visitData(s.FullIP)
	} else {
		p.Data = []Data{personal("pd:DeviceBased", "What a browser sends to a third party when it loads from it")}
	}
	kept := map[string]bool{}
	for _, service := range s.Services {
		if service.Category != category {
			continue
		}
		if service.Window != 0 && !kept[service.Kind] {
			kept[service.Kind] = true
			p.Storage = append(p.Storage, StorageCondition{Type: []string{"dpv:StorageDuration"}, Label: service.Kind,
				Duration: &Duration{"dpv:TemporalDuration", fmt.Sprintf("P%dM", int(service.Window))}})
		}
		if service.Vendor == "" {
			continue // a tool of the controller's own
		}
		key := "service:" + service.ID
		t.Entities[key] = Entity{Type: []string{"dpv:Recipient"}, Name: service.Vendor, Identifier: service.ID, Countries: locations(service.Countries, s.Jurisdiction)}
		p.Recipients = append(p.Recipients, key)
		for _, country := range service.Countries {
			p.CrossBorder = p.CrossBorder || s.CrossBorder && country != s.Jurisdiction && country != "operator"
		}
	}
	return p
}

func locations(countries []string, jurisdiction string) []string {
	list := make([]string, len(countries))
	for i, country := range countries {
		if country == "operator" {
			country = jurisdiction
		}
		list[i] = "loc:" + country
	}
	return list
}

// visitData is what a recorded visit consists of (policy 3.1, row 7).
func visitData(fullIP bool) []Data {
	address := "Network of the IP address (/24 or /48)"
	if fullIP {
		address = "IP address"
	}
	return []Data{
		personal("pd:IPAddress", address),
		personal("pd:BrowsingBehaviour", "Page visited, without query, and the host that led to it"),
		personal("pd:DeviceSoftware", "Browser, operating system and kind of device"),
		personal("pd:UID", "Identifiers in cookies of the services allowed"),
	}
}

func personal(broader, label string) Data {
	return Data{[]string{"dpv:PersonalData"}, broader, label}
}

// JSON returns the bytes that ledger rows refer to.
func (t Terms) JSON() ([]byte, error) { return json.Marshal(t) }

// ParseTerms reads what JSON returned.
func ParseTerms(raw []byte) (t Terms, err error) {
	if err := json.Unmarshal(raw, &t); err != nil {
		return t, fmt.Errorf("terms of a consent: %w", err)
	}
	return t, nil
}
