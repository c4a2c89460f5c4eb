package sqlite

import (
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// A request names a consent, so it goes to the bytes like any other record, and what
// remains is as unchangeable as before.
func TestDroppedRequestLeavesNoBytes(t *testing.T) {
	dir := t.TempDir()
	s, clock := openAt(t, dir)
	add := func() (id consent.ID, r storage.Request) {
		id = consent.NewID()
		day := policy.DayOf(clock.Now(), s.location)
		r, err := s.AddRequest(t.Context(), storage.Request{Kind: storage.AccessRequest, ConsentID: id, Channel: storage.ByMail,
			Received: day, Due: day, Actor: "operator"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return id, r
	}
	var gone [][]byte
	for range 200 {
		id, r := add()
		gone = append(gone, []byte(id.String()))
		if _, err := s.CloseRequest(t.Context(), r.ID, storage.RequestFulfilled, nil); err != nil {
			t.Fatal(err)
		}
	}
	clock.Set(clock.Now().AddDate(3, 0, 1))
	kept, _ := add()
	if act, err := s.DropRequests(t.Context(), "test"); err != nil || act.Rows != 200 {
		t.Fatalf("DropRequests = %+v, %v", act, err)
	}
	scrub(t, s)
	files := readDirectory(t, dir)
	if n := left(files, gone); n != 0 {
		t.Errorf("%d of %d consent IDs are left", n, len(gone))
	}
	if n := left(files, [][]byte{[]byte(kept.String())}); n != 1 {
		t.Error("the request that is open is gone too")
	}
	if acts, err := s.Acts(t.Context(), 1); err != nil || acts[0].Scrubbed.IsZero() || acts[0].Residual != 0 {
		t.Errorf("acts %+v, %v", acts, err)
	}
	db := raw(t, s.path)
	for _, change := range []string{"UPDATE requests SET due = 'x'", "DELETE FROM requests"} {
		if _, err := db.Exec(change); err == nil || !strings.Contains(err.Error(), "a request cannot be") {
			t.Errorf("%s: %v", change, err)
		}
	}
	// The second time there is another canary to look for.
	clock.Set(clock.Now().Add(time.Hour))
	if v, err := s.Verify(t.Context()); err != nil || v.Residual != 0 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}
