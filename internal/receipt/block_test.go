package receipt

import (
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// A block is no state of the consent: the record stays the one that was agreed to,
// and the ledger shows the block.
func TestBlockIsNoDecisionOfTheVisitor(t *testing.T) {
	given := someEvents(t)[0]
	events := chain(t, given,
		storage.Consent{ConsentID: consent.ID{1}, Event: storage.Blocked, At: issued, RecordID: "second", Method: storage.ByAdmin},
		storage.Consent{ConsentID: consent.ID{1}, Event: storage.Unblocked, At: issued, RecordID: "third", Method: storage.ByAdmin})
	r := New(events, NewTerms(someSite()), issued)
	if r.Record.Identifier != "first" || !r.Record.ValidUntil.Equal(given.ValidUntil) || r.Record.Notices[0].Identifier != given.NoticeSHA256 {
		t.Errorf("the record is %+v", r.Record)
	}
	for _, process := range r.Record.Processes {
		if len(process.Status) != 1 || process.Status[0].Event != "first" {
			t.Errorf("%s: %+v", process.ID, process.Status)
		}
	}
	if len(r.Ledger) != 3 {
		t.Errorf("%d rows of the ledger", len(r.Ledger))
	}
	if newest := Newest(events[1:]); newest.RecordID != "third" { // the first row went at the end of its term
		t.Errorf("the newest is %s", newest.RecordID)
	}
}
