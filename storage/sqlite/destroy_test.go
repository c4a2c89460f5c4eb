package sqlite

import (
	"bytes"
	"context"
	"encoding/hex"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

func scrub(t testing.TB, s *Store) {
	t.Helper()
	if residual, err := s.Scrub(t.Context()); residual != 0 || err != nil {
		t.Fatalf("Scrub = %d, %v", residual, err)
	}
}

// What is found must be reported and must stay open until it is gone.
func TestRemainingBytesAreReported(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	newCrowd(1, fixedRows).record(t, s)
	const part = "ip_visits_20261123"
	db := raw(t, s.path)
	mustExec(t, db, "CREATE TABLE stray AS SELECT consent_id FROM "+part+" WHERE id = 0")
	if _, err := s.DropPart(t.Context(), part, storage.WindowEnded, "test"); err != nil {
		t.Fatal(err)
	}
	if residual, err := s.Scrub(t.Context()); residual != 1 || err != nil {
		t.Fatalf("Scrub = %d, %v; want 1", residual, err)
	}
	acts, err := s.Acts(t.Context(), 1)
	if err != nil || acts[0].Residual != 1 || !acts[0].Scrubbed.IsZero() {
		t.Errorf("act %+v, %v", acts, err)
	}
	if v, err := s.Verify(t.Context()); err != nil || v.Residual != 1 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	mustExec(t, db, "PRAGMA secure_delete = 1")
	mustExec(t, db, "DROP TABLE stray")
	scrub(t, s)
	if acts, err = s.Acts(t.Context(), 1); err != nil || acts[0].Residual != 0 || acts[0].Scrubbed.IsZero() {
		t.Errorf("act %+v, %v", acts, err)
	}
}

// Destroying in small steps must not keep the visitors' choices waiting long
// enough to fail, nor lose one.
func TestConsentsGoOnWhileRecordsAreDestroyed(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	visitors := newCrowd(300, varyingRows)
	visitors.record(t, s)
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		written := 0
		defer func() { stopped <- written }()
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := s.AppendConsent(context.Background(), someConsent(consent.NewID()), nil); err != nil {
				t.Error(err)
				return
			}
			written++
		}
	}()
	for _, visit := range visitors.visits[:5] {
		if _, err := s.Erase(t.Context(), visit.ConsentID, storage.ConsentRevoked, "visitor"); err != nil {
			t.Error(err)
		}
		scrub(t, s)
	}
	close(stop)
	written := <-stopped
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != int64(written) || v.Residual != 0 {
		t.Errorf("Verify = %+v, %v; %d written", v, err, written)
	}
}

func TestResidueIsFoundWhereverItLies(t *testing.T) {
	canary := newCanary()
	wanted := map[[canarySize]byte]int64{[canarySize]byte(canary): 7}
	data := make([]byte, chunkSize+2*canarySize)
	for _, shift := range []int{-chunkSize, -canarySize, 1 - canarySize, -canarySize / 2, -1, 0, 1, canarySize} {
		clear(data)
		copy(data[chunkSize+shift:], canary)
		if found, err := residue(bytes.NewReader(data), wanted); err != nil || !found[7] {
			t.Errorf("shift %d: %v, %v", shift, found, err)
		}
	}
}

func FuzzResidue(f *testing.F) {
	f.Add([]byte("before"), []byte("after"), true)
	f.Add(canaryMark, canaryMark[:5], false)
	f.Add([]byte{}, canaryMark, true)
	canary := newCanary()
	wanted := map[[canarySize]byte]int64{[canarySize]byte(canary): 1}
	f.Fuzz(func(t *testing.T, before, after []byte, whole bool) {
		middle := canary
		if !whole {
			middle = canary[:canarySize-1]
		}
		data := append(append(bytes.Clone(before), middle...), after...)
		found, err := residue(bytes.NewReader(data), wanted)
		if want := bytes.Contains(data, canary); err != nil || found[1] != want {
			t.Errorf("found %v, %v; want %v", found, err, want)
		}
	})
}

// The registry would otherwise be found in place of what it speaks of.
func TestRegistryDoesNotHoldTheCanaryItself(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	newCrowd(1, fixedRows).record(t, s)
	if _, err := s.DropPart(t.Context(), "ip_visits_20261123", storage.WindowEnded, "test"); err != nil {
		t.Fatal(err)
	}
	var text string
	if err := raw(t, s.path).QueryRow("SELECT canary FROM acts").Scan(&text); err != nil {
		t.Fatal(err)
	}
	canary, err := hex.DecodeString(text)
	if err != nil || !bytes.HasPrefix(canary, canaryMark) {
		t.Fatalf("canary %x, %v", canary, err)
	}
	scrub(t, s)
	if bytes.Contains(fileBytes(t, s), canary) {
		t.Error("the canary is in the file")
	}
}
