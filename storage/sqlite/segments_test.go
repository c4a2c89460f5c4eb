package sqlite

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/storage"
	"github.com/mamen-ai/consentgate/storage/storagetest"
)

func withKey(seed byte) func(*Options) {
	return func(o *Options) {
		o.Key = func(context.Context) (ed25519.PrivateKey, error) {
			return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)), nil
		}
	}
}

// sealedLedger returns a store with three rows in November, which is sealed, and
// two in December.
func sealedLedger(t *testing.T, dir string) (*Store, *storagetest.Clock) {
	t.Helper()
	s, clock := openAt(t, dir, withKey(1))
	add := func(n int) {
		for range n {
			c := fullConsent()
			c.At = clock.Now()
			if _, err := s.AppendConsent(t.Context(), c, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(3)
	clock.Set(noon.AddDate(0, 1, 0))
	add(2)
	if sealed, err := s.Seal(t.Context()); err != nil || len(sealed) != 1 {
		t.Fatalf("Seal = %+v, %v", sealed, err)
	}
	return s, clock
}

// tamper changes the file behind the triggers' back.
func tamper(t *testing.T, s *Store, changes ...string) {
	t.Helper()
	db := raw(t, s.path)
	db.SetMaxOpenConns(1)
	for _, trigger := range []string{"ledger_no_update", "ledger_no_delete", "ledger_no_replace",
		"segments_no_update", "segments_no_delete", "documents_no_update", "documents_no_delete"} {
		mustExec(t, db, "DROP TRIGGER IF EXISTS "+trigger)
	}
	for _, change := range changes {
		mustExec(t, db, change)
	}
}

func TestSealedMonthsShowWhatAChainCannot(t *testing.T) {
	for name, test := range map[string]struct {
		changes []string
		row     int64
		problem string
	}{
		"nothing is changed":         {nil, 0, ""},
		"the sealed tail is cut":     {[]string{"DELETE FROM ledger WHERE seq > 2"}, 3, "missing"},
		"all rows are cut":           {[]string{"DELETE FROM ledger"}, 1, "missing"},
		"the first segment is cut":   {[]string{"UPDATE segments SET first_seq = 2"}, 0, "other rows"},
		"the note is forged":         {[]string{"UPDATE segments SET note = replace(note, 'time 2026', 'time 2027')"}, 1, "isn't signed"},
		"a month is said to be gone": {[]string{"UPDATE segments SET dropped_at = 1910000000000"}, 1, "is there"},
		"a month went too early":     {[]string{"DELETE FROM ledger WHERE seq <= 3", "UPDATE segments SET dropped_at = 1800000000000"}, 1, "before its term"},
	} {
		s, _ := sealedLedger(t, t.TempDir())
		tamper(t, s, test.changes...)
		v, err := s.Verify(t.Context())
		if err != nil || v.OK != (test.problem == "") || v.FirstBad != test.row || !strings.Contains(v.Problem, test.problem) {
			t.Errorf("%s: Verify = %+v, %v", name, v, err)
		}
	}
}

// Whoever can write the file can make a new chain, but can't sign it.
func TestRewrittenMonthContradictsItsCheckpoint(t *testing.T) {
	dir := t.TempDir()
	s, _ := sealedLedger(t, dir)
	signed, err := s.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := storage.ReadCheckpoint(signed)
	if err != nil {
		t.Fatal(err)
	}
	segments, err := s.Segments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	// The same rows in another store have other record IDs, so another chain.
	forged, _ := sealedLedger(t, t.TempDir())
	if v, err := forged.Verify(t.Context()); err != nil || !v.OK {
		t.Fatalf("Verify = %+v, %v", v, err)
	}
	if problem, err := forged.Compare(t.Context(), kept); err != nil || !strings.Contains(problem, "another") {
		t.Errorf("Compare = %q, %v", problem, err)
	}
	tamper(t, forged, "DELETE FROM segments", "INSERT INTO segments (month, first_seq, last_seq, head, note, sealed_at) VALUES ('2026-11', 1, 3, '"+
		segments[0].Head+"', '"+segments[0].Note+"', 1)")
	if v, err := forged.Verify(t.Context()); err != nil || v.OK || v.FirstBad != 3 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

func TestOtherKeyDoesNotVerify(t *testing.T) {
	dir := t.TempDir()
	s, clock := sealedLedger(t, dir)
	s.Close()
	s, err := Open(t.Context(), func() Options {
		o := Options{Dir: dir, Location: almaty(t), Clock: clock.Now}
		withKey(2)(&o)
		return o
	}())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if v, err := s.Verify(t.Context()); err != nil || v.OK || v.FirstBad != 1 || !strings.Contains(v.Problem, "isn't signed") {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

// Months that a key of before has signed are whole, and later ones are signed by
// the present key.
func TestMonthsOfAReplacedKeyVerify(t *testing.T) {
	dir := t.TempDir()
	s, clock := sealedLedger(t, dir)
	keys, err := s.verifierKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	s, _ = openAt(t, dir, withKey(2), func(o *Options) {
		o.Clock = clock.Now
		o.Former = func(context.Context) ([]storage.FormerKey, error) { return keys, nil }
	})
	clock.Set(noon.AddDate(0, 2, 0))
	if sealed, err := s.Seal(t.Context()); err != nil || len(sealed) != 1 {
		t.Fatalf("Seal = %+v, %v", sealed, err)
	}
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Segments != 2 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	s.former = func(context.Context) ([]storage.FormerKey, error) { return nil, errors.New("keys on fire") }
	if v, err := s.Verify(t.Context()); err != nil || v.OK || !strings.Contains(v.Problem, "keys on fire") {
		t.Errorf("without the keys of before: Verify = %+v, %v", v, err)
	}
	s.former = func(context.Context) ([]storage.FormerKey, error) { return nil, nil }
	if v, err := s.Verify(t.Context()); err != nil || v.OK || v.FirstBad != 1 {
		t.Errorf("with the key of before lost: Verify = %+v, %v", v, err)
	}
}

// Chain and bytes can be checked while the key can't be read.
func TestUnreadableKeyIsSaidOnceSignaturesMatter(t *testing.T) {
	failure := errors.New("keys on fire")
	s, _ := sealedLedger(t, t.TempDir())
	s.key = func(context.Context) (ed25519.PrivateKey, error) { return nil, failure }
	v, err := s.Verify(t.Context())
	if err != nil || v.OK || v.Rows != 5 || !strings.Contains(v.Problem, "keys on fire") {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	young, _ := openAt(t, t.TempDir())
	young.key = s.key
	if v, err := young.Verify(t.Context()); err != nil || !v.OK {
		t.Errorf("without a sealed month: Verify = %+v, %v", v, err)
	}
}

func TestWithoutAKeyNothingIsSigned(t *testing.T) {
	s, clock := openAt(t, t.TempDir())
	if _, err := s.AppendConsent(t.Context(), fullConsent(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Checkpoint(t.Context()); !errors.Is(err, errNoKey) {
		t.Errorf("Checkpoint: %v", err)
	}
	clock.Set(noon.AddDate(0, 1, 0))
	if _, err := s.Seal(t.Context()); !errors.Is(err, errNoKey) {
		t.Errorf("Seal: %v", err)
	}
}

func TestChangedDocumentIsUnresolved(t *testing.T) {
	s, _ := openAt(t, t.TempDir(), withKey(1))
	notice := storage.NewDocument(storage.NoticeDocument, "text/html", "ru", []byte("shown"))
	if err := s.SaveDocuments(t.Context(), notice); err != nil {
		t.Fatal(err)
	}
	c := fullConsent()
	c.NoticeSHA256, c.EditionSHA256, c.TermsSHA256 = notice.SHA256, "", ""
	if _, err := s.AppendConsent(t.Context(), c, nil); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Verify(t.Context()); err != nil || v.Unresolved != 0 {
		t.Fatalf("Verify = %+v, %v", v, err)
	}
	tamper(t, s, "UPDATE documents SET body = X'00'")
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Unresolved != 1 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

// The bytes of a destroyed month go like those of a day table, and what remains
// is as append-only as before.
func TestDroppedMonthLeavesNoBytesAndAGuardedLedger(t *testing.T) {
	dir := t.TempDir()
	s, clock := sealedLedger(t, dir)
	var gone, kept [][]byte
	db := raw(t, s.path)
	rows, err := db.Query("SELECT seq, record_id, consent_id FROM ledger")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var seq int
		var record, id string
		if err := rows.Scan(&seq, &record, &id); err != nil {
			t.Fatal(err)
		}
		if seq <= 3 {
			gone = append(gone, []byte(record), []byte(id))
		} else {
			kept = append(kept, []byte(record), []byte(id))
		}
	}
	clock.Set(time.Date(2030, 5, 24, 0, 0, 0, 0, almaty(t)))
	if acts, err := s.DropSegments(t.Context(), "test"); err != nil || len(acts) != 1 || acts[0].Rows != 3 {
		t.Fatalf("DropSegments = %+v, %v", acts, err)
	}
	scrub(t, s)
	if acts, err := s.Acts(t.Context(), 1); err != nil || acts[0].Scrubbed.IsZero() || acts[0].Residual != 0 {
		t.Errorf("act %+v, %v", acts, err)
	}
	files := readDirectory(t, dir)
	if n := left(files, gone); n != 0 {
		t.Errorf("%d of %d destroyed values are left", n, len(gone))
	}
	if n := left(files, kept); n != len(kept) {
		t.Errorf("%d of %d kept values are left", n, len(kept))
	}
	for _, change := range []string{"UPDATE ledger SET site = 'x'", "DELETE FROM ledger", "INSERT OR REPLACE INTO ledger SELECT * FROM ledger"} {
		if _, err := db.Exec(change); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", change, err)
		}
	}
	var indexes int
	if err := db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'ledger'").Scan(&indexes); err != nil || indexes != 2 {
		t.Errorf("%d indexes, %v", indexes, err)
	}
	s.Close()
	s, _ = openAt(t, dir, withKey(1), func(o *Options) { o.Clock = clock.Now })
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != 5 || v.Segments != 1 {
		t.Errorf("after reopening: Verify = %+v, %v", v, err)
	}
}

// A residue of the ledger has no mark by which it is known.
func TestUnmarkedCanaryIsFound(t *testing.T) {
	canary := [canarySize]byte([]byte("01a213e8-405e-7bba-b94d-156a73aa11f9"))
	data := append(bytes.Repeat([]byte{1}, chunkSize-5), canary[:]...)
	found, err := residue(bytes.NewReader(data), map[[canarySize]byte]int64{canary: 7})
	if err != nil || !found[7] {
		t.Errorf("residue = %v, %v", found, err)
	}
	found, err = residue(bytes.NewReader(data[:len(data)-1]), map[[canarySize]byte]int64{canary: 7})
	if err != nil || len(found) != 0 {
		t.Errorf("of a part of it: %v, %v", found, err)
	}
}
