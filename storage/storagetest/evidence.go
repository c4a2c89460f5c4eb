package storagetest

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/storage"
)

func key(context.Context) (ed25519.PrivateKey, error) {
	seed := sha256.Sum256([]byte("storagetest"))
	return ed25519.NewKeyFromSeed(seed[:]), nil
}

// open reads a checkpoint that must be signed.
func (f *fixture) open(t *testing.T, signed string) storage.Checkpoint {
	t.Helper()
	private, _ := key(t.Context())
	verifier, err := storage.VerifierKey(private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, err := storage.OpenCheckpoint(signed, verifier)
	if err != nil {
		t.Fatalf("checkpoint %q: %v", signed, err)
	}
	return checkpoint
}

func (f *fixture) checkpoint(t *testing.T) storage.Checkpoint {
	t.Helper()
	signed, err := f.store.Checkpoint(t.Context())
	if err != nil {
		t.Fatalf("Checkpoint: %v", err)
	}
	return f.open(t, signed)
}

func (f *fixture) seal(t *testing.T, want ...string) {
	t.Helper()
	sealed, err := f.store.Seal(t.Context())
	var months []string
	for _, segment := range sealed {
		months = append(months, segment.Month)
		if f.open(t, segment.Note) != segment.Checkpoint {
			t.Errorf("the note of %s says otherwise: %s", segment.Month, segment.Note)
		}
	}
	if err != nil || !reflect.DeepEqual(months, want) {
		t.Errorf("Seal = %v, %v; want %v", months, err, want)
	}
}

func documents(t *testing.T, f *fixture) {
	notice := storage.NewDocument(storage.NoticeDocument, "text/html", "kk", []byte("<p>Рұқсат"))
	edition := storage.NewDocument(storage.EditionDocument, "application/pdf", "", []byte("%PDF\x00"))
	for range 2 { // what is there stays as it is
		if err := f.store.SaveDocuments(t.Context(), notice, edition); err != nil {
			t.Fatal(err)
		}
	}
	got, err := f.store.Document(t.Context(), edition.SHA256)
	edition.Since = f.clock.Now()
	if err != nil || !reflect.DeepEqual(got, edition) {
		t.Errorf("Document = %+v, %v; want %+v", got, err, edition)
	}
	all, err := f.store.Documents(t.Context())
	if err != nil || len(all) != 2 || all[0].Body != nil {
		t.Errorf("Documents = %+v, %v", all, err)
	}
	if _, err := f.store.Document(t.Context(), "ab"); !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("an unknown document: %v", err)
	}
}

func unresolved(t *testing.T, f *fixture) {
	notice := storage.NewDocument(storage.NoticeDocument, "text/html", "kk", []byte("notice"))
	if err := f.store.SaveDocuments(t.Context(), notice); err != nil {
		t.Fatal(err)
	}
	c := f.consent()
	c.NoticeSHA256, c.EditionSHA256, c.TermsSHA256 = notice.SHA256, "", ""
	f.append(t, c, nil)
	if v := f.verify(t); !v.OK || v.Unresolved != 0 {
		t.Errorf("Verify = %+v", v)
	}
	f.append(t, f.consent(), nil)
	if v := f.verify(t); !v.OK || v.Unresolved != 1 {
		t.Errorf("with a row whose documents are missing: Verify = %+v", v)
	}
}

func sealing(t *testing.T, f *fixture) {
	f.seal(t)
	if _, err := f.store.Checkpoint(t.Context()); !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("checkpoint of an empty ledger: %v", err)
	}
	f.append(t, f.consent(), nil)
	november := f.append(t, f.consent(), nil)
	f.seal(t)
	if c := f.checkpoint(t); c.Month != "2026-11" || c.First != 1 || c.Size != 2 || c.Head != november.RowHash || c.At != f.clock.Now() {
		t.Errorf("checkpoint %+v", c)
	}
	// The month ends in Almaty, and a late row of it may come for some minutes.
	end := time.Date(2026, 12, 1, 0, 0, 0, 0, f.almaty)
	f.clock.Set(end.Add(time.Minute))
	f.seal(t)
	f.clock.Set(end.Add(time.Hour))
	f.seal(t, "2026-11")
	f.seal(t)
	if c := f.checkpoint(t); c.Last() != 2 {
		t.Errorf("checkpoint of a sealed month %+v", c)
	}
	december := f.append(t, f.consent(), nil)
	if c := f.checkpoint(t); c.Month != "2026-12" || c.First != 3 || c.Size != 1 || c.Head != december.RowHash {
		t.Errorf("checkpoint %+v", c)
	}
	f.clock.Set(end.AddDate(0, 3, 0)) // months without rows have no segment
	f.append(t, f.consent(), nil)
	f.seal(t, "2026-12")
	segments, err := f.store.Segments(t.Context())
	if err != nil || len(segments) != 2 || segments[0].Month != "2026-11" || !segments[0].Ends.Equal(november.ValidUntil) {
		t.Errorf("Segments = %+v, %v", segments, err)
	}
	if v := f.verify(t); !v.OK || v.Rows != 4 || v.Segments != 2 {
		t.Errorf("Verify = %+v", v)
	}
}

func comparing(t *testing.T, f *fixture) {
	f.append(t, f.consent(), nil)
	kept := f.checkpoint(t)
	f.append(t, f.consent(), nil)
	other, longer := kept, kept
	other.Head = strings.Repeat("00", 32)
	longer.Size = 3
	rooted := kept
	rooted.Root[0] ^= 1
	for _, test := range []struct {
		name string
		storage.Checkpoint
		want string
	}{
		{"the same", kept, ""}, {"another head", other, "row 1 is another"}, {"another root", rooted, "others than"}, {"more rows", longer, "cut off"},
	} {
		problem, err := f.store.Compare(t.Context(), test.Checkpoint)
		if err != nil || !strings.Contains(problem, test.want) || (problem == "") != (test.want == "") {
			t.Errorf("%s: Compare = %q, %v", test.name, problem, err)
		}
	}
}

func termEnds(t *testing.T, f *fixture) {
	first := f.append(t, f.consent(), nil)
	kept := f.checkpoint(t)
	f.clock.Set(f.clock.Now().AddDate(0, 1, 0))
	second := f.append(t, f.consent(), nil)
	f.seal(t, "2026-11")
	drop := func() []storage.Act {
		t.Helper()
		acts, err := f.store.DropSegments(t.Context(), "tester")
		if err != nil {
			t.Fatal(err)
		}
		return acts
	}
	// Valid until 2027-05-23, and evidence for three years from then.
	f.clock.Set(time.Date(2030, 5, 22, 23, 59, 59, 0, f.almaty))
	if acts := drop(); len(acts) != 0 {
		t.Errorf("dropped before its term: %+v", acts)
	}
	f.clock.Set(time.Date(2030, 5, 23, 0, 0, 0, 0, f.almaty))
	acts := drop()
	if len(acts) != 1 || acts[0].Part != "ledger_2026-11" || acts[0].Reason != storage.TermEnded || acts[0].Rows != 1 ||
		acts[0].Actor != "tester" || acts[0].From != first.At || acts[0].To != first.At {
		t.Fatalf("acts %+v", acts)
	}
	if acts := drop(); len(acts) != 0 {
		t.Errorf("dropped twice: %+v", acts)
	}
	if residual, err := f.store.Scrub(t.Context()); err != nil || residual != 0 {
		t.Errorf("Scrub = %d, %v", residual, err)
	}
	if events := f.held(t, f.id).Events; len(events) != 1 || events[0].Seq != 2 {
		t.Errorf("events %+v", events)
	}
	if v := f.verify(t); !v.OK || v.Rows != 2 || v.Head != second.RowHash {
		t.Errorf("Verify = %+v", v)
	}
	if problem, err := f.store.Compare(t.Context(), kept); problem != "" || err != nil {
		t.Errorf("a checkpoint of the destroyed month: %q, %v", problem, err)
	}
	// Append only it still is, and the chain goes on.
	third := f.append(t, f.consent(), nil)
	if v := f.verify(t); !v.OK || third.Seq != 3 || third.PrevHash != second.RowHash {
		t.Errorf("third row %+v; Verify = %+v", third, v)
	}
}

func copies(t *testing.T, f *fixture) {
	f.append(t, f.consent(), f.person())
	path := filepath.Join(t.TempDir(), "copy.db")
	made, err := f.store.MakeCopy(t.Context(), path, f.clock.Now().AddDate(0, 0, 12))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != made.Bytes || made.Bytes == 0 || len(made.SHA256) != 64 {
		t.Errorf("copy %+v, file %v, %v", made, info, err)
	}
	if all, err := f.store.Copies(t.Context()); err != nil || len(all) != 1 || all[0] != made {
		t.Errorf("Copies = %+v, %v; want %+v", all, err, made)
	}
	for range 2 {
		f.clock.Set(f.clock.Now().Add(time.Hour))
		if err := f.store.CopyDestroyed(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := f.store.Copies(t.Context()); err != nil || all[0].Destroyed != made.Made.Add(time.Hour) {
		t.Errorf("Copies = %+v, %v", all, err)
	}
	if err := f.store.CopyDestroyed(t.Context(), 99); !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("a copy nobody made: %v", err)
	}
}

func copyRefused(t *testing.T, f *fixture) {
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{there, "relative.db", filepath.Join(there, "below"), filepath.Join(t.TempDir(), "missing", "copy.db")} {
		if made, err := f.store.MakeCopy(t.Context(), path, f.clock.Now()); err == nil {
			t.Errorf("%s: %+v", path, made)
		}
	}
	if content, err := os.ReadFile(there); err != nil || string(content) != "mine" {
		t.Errorf("the file that was there: %q, %v", content, err)
	}
	if all, err := f.store.Copies(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("Copies = %+v, %v", all, err)
	}
}
