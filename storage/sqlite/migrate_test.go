package sqlite

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// TestFirstReleasedSchemaOpens pins that a database of the first release is
// brought up to date with everything in it, and that its ledger verifies.
func TestFirstReleasedSchemaOpens(t *testing.T) {
	script, err := os.ReadFile("testdata/first-schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	db := raw(t, filepath.Join(dir, databaseName))
	db.SetMaxOpenConns(1)
	mustExec(t, db, "PRAGMA auto_vacuum = 2")
	mustExec(t, db, string(script))
	mustExec(t, db, "PRAGMA user_version = 1")
	db.Close()

	s, _ := openAt(t, dir, withKey(1))
	id := consent.ID{0xa1, 0xb2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	withdrawn := consent.ID{0xc3, 0xd4, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != 4 || v.Unresolved != 0 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	held, err := s.Held(t.Context(), id)
	if err != nil || len(held.Events) != 1 || held.Events[0].Format != 1 || len(held.IPs) != 2 || len(held.Visits) != 1 {
		t.Errorf("Held = %+v, %v", held, err)
	}
	pending, err := s.PendingErasures(t.Context())
	if err != nil || len(pending) != 1 || pending[0].ConsentID != withdrawn || pending[0].Reason != storage.ConsentRevoked {
		t.Errorf("PendingErasures = %+v, %v", pending, err)
	}
	if acts, err := s.Acts(t.Context(), 9); err != nil || len(acts) != 3 {
		t.Errorf("Acts = %+v, %v", acts, err)
	}
	if mark, err := s.ClockMark(t.Context()); err != nil || !mark.Equal(noon) {
		t.Errorf("ClockMark = %v, %v", mark, err)
	}
	// Rows of both formats make one chain.
	if _, err := s.AppendConsent(t.Context(), someConsent(id), nil); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != 5 {
		t.Errorf("with a new row: Verify = %+v, %v", v, err)
	}
	tamper(t, s, "UPDATE ledger SET terms_sha256 = 'ab' WHERE seq = 2")
	if v, err := s.Verify(t.Context()); err != nil || v.OK || v.FirstBad != 2 {
		t.Errorf("with a column added to an old row: Verify = %+v, %v", v, err)
	}
}
