package storagetest

import (
	"net/netip"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// longKind is the kind with a window of 24 months.
const longKind = "audience"

// fixture is one store with its clock, and a visitor.
type fixture struct {
	store  storage.Store
	clock  *Clock
	almaty *time.Location
	id     consent.ID
}

func (f *fixture) consent() storage.Consent {
	return storage.Consent{
		ConsentID: f.id, Event: storage.Given, At: f.clock.Now(), ValidUntil: f.clock.Now().AddDate(0, 6, 0),
		Categories: []string{"statistics"}, Services: []string{"youtube"},
		Edition: policy.Day{Year: 2025, Month: 3, Day: 12}, PolicyURL: "https://mamen.ai/privacy.pdf",
		NoticeSHA256: "ab12", Language: "kk", Method: storage.ByBanner, Site: "mamen.ai", Path: "/тест",
		Controller: "191240029778", CrossBorder: true, GPC: true, Version: "1.0.0",
		EditionSHA256: "cd34", TermsSHA256: "ef56",
	}
}

func (f *fixture) person() *storage.Person {
	return &storage.Person{IP: netip.MustParseAddr("203.0.113.0"), Browser: "Firefox"}
}

func (f *fixture) visit(services ...storage.VisitService) storage.Visit {
	return storage.Visit{
		At: f.clock.Now(), ConsentID: f.id, Person: *f.person(), OS: "Linux", Device: "desktop",
		Host: "mamen.ai", Path: "/page", Referrer: "example.org", Services: services,
	}
}

// append writes a consent that must succeed.
func (f *fixture) append(t *testing.T, c storage.Consent, p *storage.Person) storage.Consent {
	t.Helper()
	row, err := f.store.AppendConsent(t.Context(), c, p)
	if err != nil {
		t.Fatalf("AppendConsent: %v", err)
	}
	return row
}

// revoke writes an event of the visitor that must succeed.
func (f *fixture) revoke(t *testing.T, id consent.ID, event storage.Event) {
	t.Helper()
	f.append(t, storage.Consent{ConsentID: id, Event: event, At: f.clock.Now()}, nil)
}

func (f *fixture) erase(t *testing.T, id consent.ID) []storage.Act {
	t.Helper()
	acts, err := f.store.Erase(t.Context(), id, storage.ConsentRevoked, "visitor")
	if err != nil {
		t.Fatalf("Erase: %v", err)
	}
	return acts
}

// record writes visits that must be taken.
func (f *fixture) record(t *testing.T, visits ...storage.Visit) {
	t.Helper()
	for _, visit := range visits {
		if !f.store.AppendVisit(visit) {
			t.Fatal("AppendVisit: false")
		}
	}
	if err := f.store.Sync(t.Context()); err != nil {
		t.Fatalf("Sync: %v", err)
	}
}

func (f *fixture) held(t *testing.T, id consent.ID) storage.Holding {
	t.Helper()
	held, err := f.store.Held(t.Context(), id)
	if err != nil {
		t.Fatalf("Held: %v", err)
	}
	return held
}

// parts returns the registry by name.
func (f *fixture) parts(t *testing.T) map[string]storage.Part {
	t.Helper()
	list, err := f.store.Parts(t.Context())
	if err != nil {
		t.Fatalf("Parts: %v", err)
	}
	parts := map[string]storage.Part{}
	for _, part := range list {
		parts[part.Name] = part
	}
	return parts
}

func (f *fixture) verify(t *testing.T) storage.Verification {
	t.Helper()
	v, err := f.store.Verify(t.Context())
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	return v
}
