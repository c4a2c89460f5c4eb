package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// copyTo copies a file, for its owner only.
func copyTo(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err == nil {
		err = errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, content, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A store moves to another host as docs/operating.md tells, by its own files or by
// a copy: choices, keys, receipts, the ledger and its checkpoint hold there.
func TestStoreMovesToAnotherHost(t *testing.T) {
	for name, take := range map[string]func(t *testing.T, old *server) (database string){
		"stopped, then copied": func(t *testing.T, old *server) string {
			old.stop()
			return filepath.Join(old.dataPath(), "consentgate.db")
		},
		"by a backup": func(t *testing.T, old *server) string {
			path := filepath.Join(old.dir, "moving.db")
			if output, code := old.command("consent", "backup", path, "--address", old.adminAddress()); code != 0 {
				t.Fatalf("backup: %s", output)
			}
			old.stop()
			return path
		},
	} {
		t.Run(name, func(t *testing.T) {
			old, host := startServer(t), newServer(t)
			guest, refusing, later := newVisitor(t), newVisitor(t), newVisitor(t)
			guest.choose(old, "accept")
			refusing.choose(old, "refuse")
			if output, code := old.command("consent", "rotate-keys", "--address", old.adminAddress()); code != 0 {
				t.Fatalf("rotate-keys: %s", output)
			}
			later.choose(old, "accept")
			guest.get(old.url("/product.html"))
			note := filepath.Join(host.dir, "moving.txt")
			checkpoint, code := old.command("consent", "checkpoint", "--address", old.adminAddress())
			if code != 0 {
				t.Fatal(checkpoint)
			}
			receipt := filepath.Join(host.dir, "receipt.json")
			for path, content := range map[string]string{note: checkpoint, receipt: guest.get(old.url("/.privacy/receipt"))} {
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var was, is struct {
				Status
				Key string
			}
			old.consent(&was, "status")
			held := guest.get(old.url("/.privacy/data"))

			copyTo(t, take(t, old), filepath.Join(host.dataPath(), "consentgate.db"))
			copyTo(t, old.keysPath(), host.keysPath())
			host.start()

			for visitor, want := range map[*visitor]string{guest: "allowed", later: "allowed", refusing: "refused"} {
				if state := visitor.state(host); state != want {
					t.Errorf("a choice is %s, want %s", state, want)
				}
			}
			if got := guest.get(host.url("/.privacy/data")); got != held {
				t.Errorf("what was held is\n%s\nand was\n%s", got, held)
			}
			host.consent(&is, "status")
			if len(is.Problems) > 0 || is.Verification.Rows != was.Verification.Rows || !is.Verification.OK || is.Key != was.Key || len(is.Parts) != len(was.Parts) {
				t.Errorf("the store is\n%+v\nand was\n%+v", is, was)
			}
			for i, part := range is.Parts {
				if part != was.Parts[i] {
					t.Errorf("%+v was %+v", part, was.Parts[i])
				}
			}
			output, code := host.command("consent", "verify", "--checkpoint", note, "--address", host.adminAddress())
			if code != 0 || !strings.Contains(output, "the ledger still has the rows up to 3 as they were") {
				t.Errorf("verify: code %d: %s", code, output)
			}
			if output, code := host.command("consent", "verify-receipt", receipt); code != 0 {
				t.Errorf("verify-receipt: code %d: %s", code, output)
			}
			newVisitor(t).choose(host, "accept")
			host.consent(&is, "status")
			if is.Totals.Events["given"] != 3 {
				t.Errorf("%v events", is.Totals.Events)
			}
		})
	}
}
