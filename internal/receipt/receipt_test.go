package receipt

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

var issued = time.Date(2026, 11, 23, 9, 30, 0, 5, time.UTC)

func someSite() Site {
	return Site{
		Language:   "ru",
		Controller: Entity{Name: "ТОО «МАК IT» <&>", Identifier: "191240029778", Address: "Алматы", Contact: "info@mamen.ai"},
		Edition:    policy.Day{Year: 2025, Month: 3, Day: 12}, PolicyURL: "https://mamen.ai/privacy.pdf", PolicySHA256: "cd",
		Jurisdiction: "KZ", CrossBorder: true, TimeZone: "Asia/Almaty", Withdrawal: "https://mamen.ai/.privacy/",
		Purposes: map[consent.Category]Purpose{
			consent.Statistics: {Label: "Статистика", Definition: "Что читают"}, consent.Marketing: {Label: "Маркетинг"}},
		Services: []Service{
			{ID: "visits", Name: "Visits", Category: consent.Statistics, Countries: []string{"operator"}, Kind: "visits", Window: policy.Months14},
			{ID: "matomo", Name: "Matomo", Vendor: "InnoCraft", Category: consent.Statistics, Countries: []string{"operator"}, Kind: "matomo", Window: policy.Months24},
			{ID: "zero", Name: "Zero", Vendor: "Zero", Category: consent.Statistics, Countries: []string{"KZ"}, Kind: "visits", Window: policy.Months14},
			{ID: "meta", Name: "Meta", Vendor: "Meta", Category: consent.Marketing, Countries: []string{"US"}},
			{ID: "youtube", Name: "YouTube", Vendor: "Google", Category: consent.Functional, Countries: []string{"US"}},
		},
	}
}

// chain gives rows the hashes that a store would.
func chain(t testing.TB, rows ...storage.Consent) []storage.Consent {
	t.Helper()
	var previous [32]byte
	for i := range rows {
		row := &rows[i]
		row.Seq, row.Format, row.PrevHash = int64(i+1), storage.RowFormat, hex.EncodeToString(previous[:])
		fields, err := storage.RowFields(*row)
		if err != nil {
			t.Fatal(err)
		}
		previous = storage.HashRow(previous, fields)
		row.RowHash = hex.EncodeToString(previous[:])
	}
	return rows
}

func someEvents(t testing.TB) []storage.Consent {
	given := storage.Consent{ConsentID: consent.ID{1}, Event: storage.Given, At: issued, ValidUntil: issued.AddDate(0, 6, 0), RecordID: "first",
		Categories: []string{"statistics"}, Services: []string{"youtube"}, NoticeSHA256: "ab", Method: storage.ByBanner, Site: "mamen.ai", Path: "/"}
	withdrawn := storage.Consent{ConsentID: consent.ID{1}, Event: storage.Withdrawn, At: issued, RecordID: "second",
		Categories: []string{}, Services: []string{}, Method: storage.ByPage, Site: "mamen.ai", Path: "/.privacy/"}
	return chain(t, given, withdrawn)
}

func key(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func someFile(t testing.TB) []byte {
	t.Helper()
	file, err := Sign(New(someEvents(t), NewTerms(someSite()), issued), key(1))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// The names that DPV's guide to ISO/IEC TS 27560 demands, with what they say.
func TestReceiptSaysWhatTheStandardDemands(t *testing.T) {
	var file struct {
		Receipt map[string]any `json:"receipt"`
	}
	if err := json.Unmarshal(someFile(t), &file); err != nil {
		t.Fatal(err)
	}
	at := func(path ...any) any {
		var value any = file.Receipt
		for _, step := range path {
			switch step := step.(type) {
			case string:
				object, _ := value.(map[string]any)
				value = object[step]
			case int:
				list, _ := value.([]any)
				if step >= len(list) {
					return nil
				}
				value = list[step]
			}
		}
		return value
	}
	const record = "dpv:hasRecordOfActivity"
	statistics := []any{record, "dpv:hasProcess", 0}
	in := func(path ...any) []any { return append(slices.Clone(statistics), path...) }
	for _, test := range []struct {
		path []any
		want any
	}{
		{[]any{"@type"}, "dpv:ConsentReceipt"}, {[]any{"dct:created"}, "2026-11-23T09:30:00Z"},
		{[]any{record, "@type"}, "dpv:ConsentRecord"}, {[]any{record, "dct:identifier"}, "second"},
		{[]any{record, "dpv:hasDataSubject"}, consent.ID{1}.String()}, {[]any{record, "dct:language"}, "ru"},
		{[]any{record, "dpv:hasNotice", 0, "schema:version"}, "2025-03-12"}, {[]any{record, "dpv:hasNotice", 0, "dpv:hasIdentifier"}, "cd"},
		{[]any{record, "dpv:hasEntity", "controller", "dpv:hasName"}, "ТОО «МАК IT» <&>"},
		{[]any{record, "dpv:hasEntity", "controller", "dpv:hasIdentifier"}, "191240029778"},
		{[]any{record, "dpv:hasEntity", "service:matomo", "dpv:hasJurisdiction", 0}, "loc:KZ"},
		{[]any{record, "dpv:hasEntity", "service:youtube"}, nil}, // its category isn't asked for
		{[]any{record, "dpv:isExercisedAt"}, "https://mamen.ai/.privacy/"},
		{in("@id"), "statistics"}, {in("dpv:hasPurpose", 0, "skos:prefLabel"), "Статистика"},
		{in("dpv:hasStorageCondition", 0, "dpv:hasLocation"), "loc:KZ"},
		{in("dpv:hasStorageCondition", 1, "dpv:hasDuration", "rdf:value"), "P14M"},
		{in("dpv:hasStorageCondition", 2, "dpv:hasDuration", "rdf:value"), "P24M"},
		{in("dpv:hasStorageCondition", 3), nil}, // one of each kind of records
		{in("dpv:hasRecipient", 1), "service:matomo"}, {in("dpv:hasLegalBasis", 0), "dpv:Consent"},
		{in("consentgate:crossBorder"), false}, {in("consentgate:published"), false},
		{in("dpv:hasConsentStatus", 0, "@type", 0), "dpv:ConsentGiven"}, {in("dpv:hasConsentStatus", 0, "dpv:isExercisedAt"), "banner"},
		{in("dpv:hasConsentStatus", 0, "consentgate:services", 0), "youtube"},
		{in("dpv:hasConsentStatus", 1, "@type", 0), "dpv:ConsentWithdrawn"},
		{[]any{record, "dpv:hasProcess", 1, "dpv:hasConsentStatus", 0, "@type", 0}, "dpv:ConsentRefused"},
		{[]any{record, "dpv:hasProcess", 1, "consentgate:crossBorder"}, true},
		{[]any{"consentgate:ledger", 1, "event"}, "withdrawn"},
	} {
		if got := at(test.path...); got != test.want {
			t.Errorf("%v: %v, want %v", test.path, got, test.want)
		}
	}
}

func TestReceiptVerifiesAsItWasIssuedOnly(t *testing.T) {
	file := someFile(t)
	own, _ := storage.VerifierKey(key(1).Public().(ed25519.PublicKey))
	other, _ := storage.VerifierKey(key(2).Public().(ed25519.PublicKey))
	for _, given := range []string{"", own} {
		if r, by, err := Verify(file, given); err != nil || by != own || len(r.Ledger) != 2 {
			t.Errorf("with the key %q: signed by %s, %v", given, by, err)
		}
	}
	for _, given := range []string{other, "x", own + "x"} {
		if _, _, err := Verify(file, given); !errors.Is(err, ErrInvalid) {
			t.Errorf("with the key %q: %v", given, err)
		}
	}
	for i := range file[:len(file)-2] { // the last are the brace and the line's end
		changed := bytes.Clone(file)
		changed[i] ^= 1
		if _, _, err := Verify(changed, own); !errors.Is(err, ErrInvalid) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
}

// Whoever holds the key can sign anything, but not make a row fit its hash.
func TestReceiptOfOtherRowsIsInvalid(t *testing.T) {
	for name, change := range map[string]func(*Receipt){
		"a row was changed":      func(r *Receipt) { r.Ledger[0].Categories = []string{"marketing"} },
		"no row":                 func(r *Receipt) { r.Ledger = nil },
		"a row of somebody else": func(r *Receipt) { r.Record.Subject = consent.ID{2}.String() },
	} {
		r := New(someEvents(t), NewTerms(someSite()), issued)
		change(&r)
		file, err := Sign(r, key(1))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := Verify(file, ""); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTermsComeBack(t *testing.T) {
	terms := NewTerms(someSite())
	raw, err := terms.JSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseTerms(raw)
	if err != nil {
		t.Fatal(err)
	}
	again, err := back.JSON()
	if err != nil || !bytes.Equal(raw, again) {
		t.Errorf("%s\n%s, %v", raw, again, err)
	}
	if _, err := ParseTerms([]byte("{")); err == nil {
		t.Error("broken terms were read")
	}
	if strings.Contains(string(raw), "hasConsentStatus") {
		t.Error("terms hold a status")
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(someFile(f), "")
	f.Add([]byte("{}"), "consentgate+1+AQ==")
	f.Fuzz(func(t *testing.T, file []byte, key string) {
		if r, _, err := Verify(file, key); err == nil && len(r.Ledger) == 0 {
			t.Error("valid without an event")
		}
	})
}
