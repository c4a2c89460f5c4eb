package sqlite

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

func fullConsent() storage.Consent {
	c := someConsent(consent.NewID())
	c.ValidUntil, c.Services = noon.AddDate(0, 6, 0), []string{"youtube"}
	c.Edition, c.PolicyURL, c.NoticeSHA256 = policy.Day{Year: 2025, Month: 3, Day: 12}, "https://mamen.ai/privacy.pdf", "ab"
	c.Language, c.Method, c.Path, c.Controller, c.Version = "kk", storage.ByBanner, "/", "191240029778", "1.0"
	c.EditionSHA256, c.TermsSHA256 = "cd", "ef"
	return c
}

// The hash is pinned from its definition, not from the code, so that a ledger
// written today verifies for as long as it is kept.
func TestRowHashIsAsDocumented(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	row, err := s.AppendConsent(t.Context(), fullConsent(), nil)
	if err != nil {
		t.Fatal(err)
	}
	fields := []string{
		"1", row.RecordID, row.ConsentID.String(), "given",
		fmt.Sprint(noon.UnixMilli()), fmt.Sprint(noon.AddDate(0, 6, 0).UnixMilli()),
		`["statistics"]`, `["youtube"]`, "2025-03-12", "https://mamen.ai/privacy.pdf", "ab", "kk", "banner", "mamen.ai", "/",
		"191240029778", "0", "0", "1.0", "", "cd", "ef", "3", "0",
	}
	documented := func(fields []string) string {
		var input bytes.Buffer
		input.Write(make([]byte, 32))
		for _, field := range fields {
			fmt.Fprintf(&input, "\x00\x00\x00\x00\x00\x00\x00%c%s", rune(len(field)), field)
		}
		sum := sha256.Sum256(input.Bytes())
		return hex.EncodeToString(sum[:])
	}
	if want := documented(fields); row.RowHash != want {
		t.Errorf("row_hash %s, want %s", row.RowHash, want)
	}
	// Those of earlier formats end sooner.
	fields[formatField] = "2"
	row.Format, row.RowHash = 2, documented(fields[:formatField+1])
	if err := storage.CheckRow(row); err != nil {
		t.Error(err)
	}
	row.Format, row.RowHash = 1, documented(fields[:editionField])
	if err := storage.CheckRow(row); err != nil {
		t.Error(err)
	}
}

// Rows of format 2 stand between those of the first schema and those of today.
func TestRowOfFormat2Verifies(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	row, err := s.AppendConsent(t.Context(), fullConsent(), nil)
	if err != nil {
		t.Fatal(err)
	}
	row.Format = 2
	fields, err := storage.RowFields(row)
	if err != nil {
		t.Fatal(err)
	}
	hash := storage.HashRow([32]byte{}, fields)
	tamper(t, s, fmt.Sprintf("UPDATE ledger SET format = 2, row_hash = '%x' WHERE seq = 1", hash))
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != 1 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	tamper(t, s, "UPDATE ledger SET dnt = 1 WHERE seq = 1")
	if v, err := s.Verify(t.Context()); err != nil || v.OK || v.FirstBad != 1 {
		t.Errorf("with a signal that the row doesn't hash: Verify = %+v, %v", v, err)
	}
}

func TestCommitmentBindsTheIPRecordOfTheSameEvent(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	person := &storage.Person{IP: netip.MustParseAddr("203.0.113.0"), Browser: "Firefox"}
	first, err := s.AppendConsent(t.Context(), fullConsent(), person)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.AppendConsent(t.Context(), fullConsent(), person)
	if err != nil {
		t.Fatal(err)
	}
	if first.Commitment == second.Commitment {
		t.Error("two events have one commitment: their salts are equal")
	}
	var salt []byte
	query := "SELECT salt FROM ip_visits_20261123 WHERE consent_id = ?"
	if err := raw(t, s.path).QueryRow(query, first.ConsentID[:]).Scan(&salt); err != nil || len(salt) != 32 {
		t.Fatalf("salt %x, %v", salt, err)
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte("203.0.113.0\x00Firefox"))
	if want := hex.EncodeToString(mac.Sum(nil)); first.Commitment != want {
		t.Errorf("commitment %s, want %s", first.Commitment, want)
	}
}

func TestVerifyNamesTheRowThatWasChanged(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	for range 3 {
		if _, err := s.AppendConsent(t.Context(), fullConsent(), nil); err != nil {
			t.Fatal(err)
		}
	}
	db := raw(t, s.path)
	db.SetMaxOpenConns(1)
	for _, trigger := range []string{"ledger_no_update", "ledger_no_delete", "ledger_no_replace"} {
		mustExec(t, db, "DROP TRIGGER "+trigger)
	}
	changes := map[string]string{
		"a row is deleted":            "DELETE FROM ledger WHERE seq = 2",
		"a row is called older":       "UPDATE ledger SET format = 1 WHERE seq = 2",
		"a row is called of format 2": "UPDATE ledger SET format = 2 WHERE seq = 2",
		"two columns trade a letter":  "UPDATE ledger SET site = site || 'x', path = '' WHERE seq = 2",
	}
	for column := range strings.SplitSeq(ledgerColumns, ", ") {
		switch column {
		case "seq":
			changes[column] = "UPDATE ledger SET seq = 9 WHERE seq = 2"
		case "at", "valid_until", "cross_border", "gpc", "format", "dnt":
			changes[column] = "UPDATE ledger SET " + column + " = " + column + " + 1 WHERE seq = 2"
		default: // one bit of the first letter, or a letter where there was none
			changes[column] = fmt.Sprintf(`UPDATE ledger SET %[1]s = iif(%[1]s = '', 'x',
				char((unicode(%[1]s) | 1) - (unicode(%[1]s) & 1)) || substr(%[1]s, 2)) WHERE seq = 2`, column)
		}
	}
	if len(changes) != columnCount+4 {
		t.Fatalf("%d changes for %d columns", len(changes), columnCount)
	}
	mustExec(t, db, "CREATE TABLE copy AS SELECT * FROM ledger")
	for name, change := range changes {
		mustExec(t, db, change)
		v, err := s.Verify(t.Context())
		if err != nil || v.OK || v.FirstBad != 2 || v.Problem == "" || v.Rows != 1 {
			t.Errorf("%s: Verify = %+v, %v", name, v, err)
		}
		mustExec(t, db, "DELETE FROM ledger")
		mustExec(t, db, "INSERT INTO ledger SELECT * FROM copy")
	}
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != 3 {
		t.Errorf("restored: Verify = %+v, %v", v, err)
	}
}

func TestVerifyWalksMoreThanOnePage(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	c := fullConsent()
	err := s.alone(t.Context(), func(w *writer) error {
		return w.transact(func() error {
			for range 2*verifyPage + 1 {
				if err := w.appendConsent(&consentJob{ctx: t.Context(), row: c}); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != 2*verifyPage+1 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

func TestEvidenceIsAppendOnly(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	if _, err := s.AppendConsent(t.Context(), fullConsent(), &storage.Person{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DropPart(t.Context(), "ip_visits_20261123", storage.WindowEnded, "test"); err != nil {
		t.Fatal(err)
	}
	db := raw(t, s.path)
	for _, change := range []string{
		"UPDATE ledger SET site = 'x'",
		"DELETE FROM ledger",
		"INSERT OR REPLACE INTO ledger SELECT * FROM ledger",
		"UPDATE acts SET rows = 0",
		"UPDATE acts SET actor = 'x'",
		"DELETE FROM acts",
	} {
		if _, err := db.Exec(change); err == nil {
			t.Errorf("%s: done", change)
		}
	}
}

func TestDamagedLastHashDoesNotKeepTheStoreShut(t *testing.T) {
	dir := t.TempDir()
	s, _ := openAt(t, dir)
	if _, err := s.AppendConsent(t.Context(), fullConsent(), nil); err != nil {
		t.Fatal(err)
	}
	db := raw(t, s.path)
	mustExec(t, db, "DROP TRIGGER ledger_no_update")
	mustExec(t, db, "UPDATE ledger SET row_hash = 'zz'")
	db.Close()
	s.Close()
	s, _ = openAt(t, dir)
	if _, err := s.AppendConsent(t.Context(), fullConsent(), nil); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Verify(t.Context()); err != nil || v.OK || v.FirstBad != 1 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

func FuzzLedgerRowComesBack(f *testing.F) {
	f.Add([]byte("0123456789abcdef"), int64(1), int64(2), "statistics", "/a\x00b", "kk", true)
	f.Add([]byte{}, int64(0), int64(-5), "", "\xff", `"`, false)
	f.Fuzz(func(t *testing.T, id []byte, at, until int64, category, path, language string, cross bool) {
		c := storage.Consent{At: fromMillis(at % 1e14), ValidUntil: fromMillis(until % 1e14), Path: path, Language: language,
			Categories: []string{strings.ToValidUTF8(category, "")}, Services: []string{}, CrossBorder: cross, GPC: !cross, DNT: cross}
		copy(c.ConsentID[:], id)
		fields, err := storage.RowFields(c)
		if err != nil {
			t.Fatal(err)
		}
		back, err := parseLedger(append(fields, "", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprintf("%+v", back), fmt.Sprintf("%+v", c); got != want {
			t.Errorf("%s\n%s", got, want)
		}
	})
}

func FuzzParseLedger(f *testing.F) {
	f.Add("1|||given|0|0|[]|[]||||||||||||||")
	f.Add(strings.Repeat("|", columnCount-1))
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := parseLedger(strings.Split(text, "|")); err == nil && strings.Count(text, "|") != columnCount-1 {
			t.Errorf("%q was read", text)
		}
	})
}

// SQLite must keep any text as it is, or the chain would break on it.
func TestAnyTextIsKeptByteForByte(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	for _, text := range []string{"a\x00b", "\xff\xfe", "", " 1 ", "1e3", "ағылшын", strings.Repeat("x", 1<<16), "\x00"} {
		c := fullConsent()
		c.Path, c.Controller = text, text
		if _, err := s.AppendConsent(t.Context(), c, nil); err != nil {
			t.Fatal(err)
		}
		held, err := s.Held(t.Context(), c.ConsentID)
		if err != nil || len(held.Events) != 1 || held.Events[0].Path != text || held.Events[0].Controller != text {
			t.Errorf("%.20q: held %.300q, %v", text, fmt.Sprint(held.Events), err)
		}
	}
	if v, err := s.Verify(t.Context()); err != nil || !v.OK {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

func TestTimesAreWholeMilliseconds(t *testing.T) {
	for _, at := range []time.Time{{}, noon, noon.Add(time.Millisecond)} {
		if back := fromMillis(millis(at)); !back.Equal(at) {
			t.Errorf("%v came back as %v", at, back)
		}
	}
}
