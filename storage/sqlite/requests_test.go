package sqlite

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

func someRequest(id consent.ID) storage.Request {
	return storage.Request{
		Kind: storage.BlockRequest, ConsentID: id, Channel: storage.ByMail, Actor: "operator",
		Received: policy.DayOf(noon, noon.Location()), Due: policy.Day{Year: 2026, Month: 12, Day: 7},
	}
}

func TestRequestsAndBlocksSurviveReopening(t *testing.T) {
	dir := t.TempDir()
	s, _ := openAt(t, dir)
	id := consent.NewID()
	added, err := s.AddRequest(t.Context(), someRequest(id), &storage.Consent{ConsentID: id, Event: storage.Blocked, At: noon})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	s, _ = openAt(t, dir)
	if requests, err := s.Requests(t.Context(), false); err != nil || len(requests) != 1 || requests[0] != added {
		t.Errorf("requests %+v, %v; want %+v", requests, err, added)
	}
	if blocked, err := s.Blocked(t.Context()); err != nil || len(blocked) != 1 || blocked[0] != id {
		t.Errorf("blocked %v, %v", blocked, err)
	}
}

func TestRequestWithoutItsEventIsNotRecorded(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	db := raw(t, s.path)
	id := consent.NewID()
	event := &storage.Consent{ConsentID: id, Event: storage.Blocked, At: noon}
	mustExec(t, db, "CREATE TRIGGER full BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'disk full'); END")
	if _, err := s.AddRequest(t.Context(), someRequest(id), event); err == nil {
		t.Error("a request was acknowledged whose block isn't in the ledger")
	}
	mustExec(t, db, "DROP TRIGGER full")
	if requests, err := s.Requests(t.Context(), true); err != nil || len(requests) != 0 {
		t.Errorf("requests %+v, %v", requests, err)
	}
	added, err := s.AddRequest(t.Context(), someRequest(id), event)
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, db, "CREATE TRIGGER full BEFORE UPDATE ON requests BEGIN SELECT RAISE(ABORT, 'disk full'); END")
	if _, err := s.CloseRequest(t.Context(), added.ID, storage.RequestRefused, &storage.Consent{ConsentID: id, Event: storage.Unblocked, At: noon}); err == nil {
		t.Error("a request was closed that is still open")
	}
	if blocked, err := s.Blocked(t.Context()); err != nil || len(blocked) != 1 {
		t.Errorf("blocked %v, %v", blocked, err)
	}
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != 1 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

// A request is evidence: only its end is written later, once.
func TestRequestCannotBeChanged(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	db := raw(t, s.path)
	added, err := s.AddRequest(t.Context(), someRequest(consent.ID{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.CloseRequest(t.Context(), added.ID, storage.RequestUnidentified, nil); err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{
		"UPDATE requests SET due = '2027-01-01'", "UPDATE requests SET closed_at = 0", "UPDATE requests SET result = 'fulfilled'", "DELETE FROM requests",
	} {
		if _, err := db.Exec(change); err == nil || !strings.Contains(err.Error(), "cannot be") {
			t.Errorf("%s: %v", change, err)
		}
	}
}

func TestRequestsHonourTheContext(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, adding := s.AddRequest(ctx, someRequest(consent.ID{}), nil)
	_, closing := s.CloseRequest(ctx, 1, storage.RequestRefused, nil)
	_, listing := s.Requests(ctx, true)
	_, blocked := s.Blocked(ctx)
	for name, err := range map[string]error{"AddRequest": adding, "CloseRequest": closing, "Requests": listing, "Blocked": blocked} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A request whose event nobody waits for any more isn't recorded either.
func TestRequestGivenUpBeforeItsEventIsNotRecorded(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	event := &storage.Consent{Event: storage.Blocked, At: noon}
	done := make(chan error, 1)
	err := s.settleRequest(ctx, event, func(w *writer) error {
		cancel()
		err := w.exec("INSERT INTO requests (kind, consent_id, channel, received, due, added_at, actor) VALUES ('block','','mail','','',1,'')")
		done <- err
		return err
	})
	if !errors.Is(err, context.Canceled) || <-done != nil {
		t.Fatal(err)
	}
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := raw(t, s.path).QueryRow("SELECT count(*) FROM requests WHERE id > 0").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d requests without their event, %v", n, err)
	}
}
