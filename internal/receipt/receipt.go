package receipt

import (
	"fmt"
	"slices"
	"time"

	"github.com/mamen-ai/consentgate/storage"
)

// The profiles of DPV that receipts and records conform to.
const (
	receiptProfile = "https://w3id.org/dpv/schema/dpv-27560#receipt"
	recordProfile  = "https://w3id.org/dpv/schema/dpv-27560#record"
)

// vocabularies are the prefixes of the names in a receipt.
func vocabularies() map[string]string {
	return map[string]string{
		"dpv":         "https://w3id.org/dpv#",
		"pd":          "https://w3id.org/dpv/pd#",
		"loc":         "https://w3id.org/dpv/loc#",
		"dct":         "http://purl.org/dc/terms/",
		"skos":        "http://www.w3.org/2004/02/skos/core#",
		"rdf":         "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
		"schema":      "https://schema.org/",
		"consentgate": "https://github.com/mamen-ai/consentgate#",
	}
}

// Receipt is what a visitor can take home as evidence of a choice.
type Receipt struct {
	Context    map[string]string `json:"@context"`
	Type       string            `json:"@type"`
	Identifier string            `json:"dct:identifier"`
	ConformsTo string            `json:"dct:conformsTo"`
	Created    time.Time         `json:"dct:created"`
	Publisher  string            `json:"dct:publisher"`
	Recipient  string            `json:"schema:recipient"`
	Record     Record            `json:"dpv:hasRecordOfActivity"`
	// Ledger are the rows of the ledger behind the record, each with its hash and
	// that of the row before: they are what the operator must be able to show.
	Ledger []storage.Consent `json:"consentgate:ledger"`
}

// Record is the consent record (ISO/IEC TS 27560, clause 6).
type Record struct {
	Type       string    `json:"@type"`
	Identifier string    `json:"dct:identifier"` // of the newest event
	ConformsTo string    `json:"dct:conformsTo"`
	Subject    string    `json:"dpv:hasDataSubject"` // consent ID, a pseudonym
	ValidUntil time.Time `json:"dct:valid,omitzero"`
	Terms
}

// Status is one event by which a purpose was allowed or not.
type Status struct {
	Type     []string  `json:"@type"`
	At       time.Time `json:"dpv:isIndicatedAtTime"`
	How      string    `json:"dpv:isExercisedAt"` // by which form
	Where    string    `json:"dpv:hasLocation"`   // host and path of the page
	Services []string  `json:"consentgate:services,omitempty"`
	Event    string    `json:"consentgate:event"` // record ID of the ledger's row
}

// New returns the receipt of the events of one consent, the oldest first, of
// which there must be one at least. The terms are those of the newest event: see
// [Newest].
func New(events []storage.Consent, terms Terms, issued time.Time) Receipt {
	last := Newest(events)
	// What was shown comes before what could be read.
	if last.NoticeSHA256 != "" {
		shown := Notice{Type: []string{"dpv:ConsentNotice"}, Identifier: last.NoticeSHA256}
		terms.Notices = append([]Notice{shown}, terms.Notices...)
	}
	terms.Processes = slices.Clone(terms.Processes)
	for i := range terms.Processes {
		process := &terms.Processes[i]
		process.Status = nil
		for _, event := range events {
			if !aside(event) {
				process.Status = append(process.Status, status(event, process.ID))
			}
		}
	}
	record := Record{Type: "dpv:ConsentRecord", Identifier: last.RecordID, ConformsTo: recordProfile,
		Subject: last.ConsentID.String(), ValidUntil: last.ValidUntil, Terms: terms}
	return Receipt{
		Context:    vocabularies(),
		Type:       "dpv:ConsentReceipt",
		Identifier: fmt.Sprintf("%s-%d", last.RecordID, issued.Unix()),
		ConformsTo: receiptProfile,
		Created:    issued.UTC().Truncate(time.Second),
		Publisher:  controllerKey,
		Recipient:  "dpv:DataSubject",
		Record:     record,
		Ledger:     events,
	}
}

// Newest returns the newest event by which the consent was given or ended. A block
// isn't a state of the consent: it changes neither what was allowed nor the terms.
func Newest(events []storage.Consent) storage.Consent {
	for _, event := range slices.Backward(events) {
		if !aside(event) {
			return event
		}
	}
	return events[len(events)-1] // those before went at the end of their term
}

// aside reports whether the event stands beside the consent.
func aside(event storage.Consent) bool {
	return event.Event == storage.Blocked || event.Event == storage.Unblocked
}

// status says what an event meant for a category. Services allowed one by one
// are named with every category: the event doesn't say which is theirs.
func status(event storage.Consent, category string) Status {
	state := "dpv:ConsentRefused"
	switch {
	case event.Event != storage.Given && event.Event != storage.Refused:
		state = "dpv:ConsentWithdrawn"
	case slices.Contains(event.Categories, category):
		state = "dpv:ConsentGiven"
	}
	s := Status{Type: []string{state, "dpv:ExplicitlyExpressedConsent"}, At: event.At, How: string(event.Method),
		Where: event.Site + event.Path, Event: event.RecordID}
	if event.Event == storage.Given {
		s.Services = event.Services
	}
	return s
}
