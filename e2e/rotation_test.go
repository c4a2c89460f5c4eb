package e2e

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// Keys is what "consent keys" tells.
type Keys struct {
	Key    string
	Former []struct{ Key string }
}

// keysPath is where the server's keys lie.
func (s *server) keysPath() string {
	return filepath.Join(s.dataPath(), "caddy", "consent", "keys.json")
}

// state is what the server knows of the visitor's choice.
func (v *visitor) state(s *server) (state string) {
	v.t.Helper()
	var answer struct{ State string }
	if err := json.Unmarshal([]byte(v.get(s.url("/.privacy/state"))), &answer); err != nil {
		v.t.Fatal(err)
	}
	return answer.State
}

// A server that is killed while it rotates its keys has the old ones or the new
// ones, and no choice is lost in either case.
func TestRotationSurvivesKill(t *testing.T) {
	s := startServer(t)
	first := newVisitor(t)
	first.choose(s, "accept")
	receipt := filepath.Join(s.dir, "receipt.json")
	if err := os.WriteFile(receipt, []byte(first.get(s.url("/.privacy/receipt"))), 0o600); err != nil {
		t.Fatal(err)
	}
	var before Keys
	s.consent(&before, "keys")
	seen := 0
	for round := range 6 {
		last := newVisitor(t)
		last.choose(s, "accept")
		// One rotation after the other, until the server isn't there any more.
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for {
				response, err := http.Post("http://"+s.adminAddress()+"/consent/rotate-keys", "", nil)
				if err != nil {
					return
				}
				response.Body.Close()
			}
		}()
		rotated := s.rotations()
		eventually(t, "the keys are rotated", func() error {
			if s.rotations() <= rotated+round { // at another moment each time
				return errors.New("not yet")
			}
			return nil
		})
		s.kill()
		<-ended
		// Its lock counts as held for ten seconds more.
		if err := os.RemoveAll(filepath.Join(s.dataPath(), "caddy", "locks")); err != nil {
			t.Fatal(err)
		}
		s.start()
		if state := first.state(s); state != "allowed" {
			t.Errorf("round %d: the first choice is %s", round, state)
		}
		if state := last.state(s); state != "allowed" {
			t.Errorf("round %d: the last choice is %s", round, state)
		}
		var keys Keys
		s.consent(&keys, "keys")
		if len(keys.Former) <= seen {
			t.Errorf("round %d: %d keys of before, after %d", round, len(keys.Former), seen)
		}
		seen = len(keys.Former)
		if info, err := os.Stat(s.keysPath()); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("keys.json: %v, %v", info, err)
		}
	}
	if output, code := s.command("consent", "verify-receipt", receipt, "--key", before.Key); code != 0 {
		t.Errorf("a receipt of before: code %d: %s", code, output)
	}
	var status Status
	s.consent(&status, "status")
	if len(status.Problems) > 0 {
		t.Errorf("problems %v", status.Problems)
	}
	t.Logf("%d rotations", seen)
}

// rotations counts the keys of before in the file, which is whole at any moment.
func (s *server) rotations() int {
	s.t.Helper()
	raw, err := os.ReadFile(s.keysPath())
	if err != nil {
		s.t.Fatal(err)
	}
	var keys struct{ Former []struct{ Key string } }
	if err := json.Unmarshal(raw, &keys); err != nil {
		s.t.Fatalf("%v in %q", err, raw)
	}
	return len(keys.Former)
}
