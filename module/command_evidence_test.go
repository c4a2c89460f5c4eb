package module_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write puts a file where the test's other files are.
func write(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCheckpointShowsACutTail pins the proof that a hash chain alone can't give.
func TestCheckpointShowsACutTail(t *testing.T) {
	e := start(t, options{})
	e.wantCommand(1, []string{"checkpoint"}, "the ledger is empty")
	v := e.visit(t)
	v.choose("accept")
	v.choose("withdraw")
	note := e.wantCommand(0, []string{"checkpoint"}, "consentgate/ledger/", "— consentgate ", "key: consentgate+")
	note, _, _ = strings.Cut(note, "key: ") // that goes to the standard error
	kept := write(t, note)
	e.wantCommand(0, []string{"verify", "--checkpoint", kept}, "the rows up to 2 as they were")
	e.visit(t).choose("refuse")
	e.wantCommand(0, []string{"verify", "--checkpoint", kept}, "the rows up to 2 as they were")
	e.wantCommand(2, []string{"verify", "--checkpoint", write(t, strings.Replace(note, "\n2\n", "\n3\n", 1))}, "isn't signed by")
	e.wantCommand(2, []string{"verify", "--checkpoint", kept + "x"}, "no such file")
	e.execute("DROP TRIGGER ledger_no_delete")
	e.execute("DELETE FROM ledger WHERE seq > 1")
	e.wantCommand(2, []string{"verify", "--checkpoint", kept}, "the chain is whole", "BROKEN: the ledger has no row 2", "cut off")
}

// TestDocumentsAreWhatRecordsReferTo pins that what was shown can be read again,
// word for word.
func TestDocumentsAreWhatRecordsReferTo(t *testing.T) {
	e := start(t, options{})
	e.visit(t).choose("accept")
	list := e.wantCommand(0, []string{"document"}, "notice", "terms", "kk", "ru", "en")
	hash, _, _ := strings.Cut(list, " ")
	e.wantCommand(0, []string{"document", hash}, "<")
	e.wantCommand(2, []string{"document", "abc"}, `sha256 "abc" has to be 64 hexadecimal digits`)
	e.wantCommand(1, []string{"document", strings.Repeat("ab", 32)}, `no document has the hash "abab`)
	e.execute("DROP TRIGGER documents_no_delete")
	e.execute("DELETE FROM documents")
	e.wantCommand(2, []string{"verify"}, "BROKEN: 1 rows refer to a text that is missing")
	e.wantCommand(2, []string{"status"}, "1 rows of the ledger refer to a text")
}

// TestCopiesAreAccountedFor pins that no copy of the personal data is forgotten.
func TestCopiesAreAccountedFor(t *testing.T) {
	e := start(t, options{})
	e.person(t).choose("accept")
	path := filepath.Join(t.TempDir(), "copy.db")
	e.wantCommand(0, []string{"backup", path}, "copy 1: "+path, "SHA-256", "--destroyed 1")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v", info, err)
	}
	e.wantCommand(1, []string{"backup", path}, "exists")
	e.wantCommand(0, []string{"backup", "--list"}, "delete by", path)
	e.wantCommand(2, []string{"backup"}, "name a FILE")
	e.wantCommand(2, []string{"backup", path, "--list"}, "name a FILE")
	e.wantCommand(1, []string{"backup", "--destroyed", "7"}, "there is no copy 7")
	e.execute("UPDATE copies SET delete_by = 1")
	e.wantCommand(2, []string{"backup", "--list"}, "1 copies are past their day")
	e.wantCommand(2, []string{"status"}, "1 copies of the database are past their day")
	if got := e.metric("consentgate_copies_overdue"); got != 1 {
		t.Errorf("copies_overdue %v", got)
	}
	e.wantCommand(0, []string{"backup", "--destroyed", "1"}, "destroyed 2")
	e.wantCommand(0, []string{"status"}, "no problems")
	if got := e.metric("consentgate_copies_overdue"); got != 0 {
		t.Errorf("copies_overdue %v", got)
	}
}

// TestReceiptIsVerifiedWithoutAServer pins the command for whoever is shown a
// receipt.
func TestReceiptIsVerifiedWithoutAServer(t *testing.T) {
	e := start(t, options{})
	v := e.visit(t)
	v.choose("accept")
	file := v.get("/.privacy/receipt").body
	key := between(file, `"public_key":"`, `"`)
	receipt := write(t, file)
	e.wantCommand(0, []string{"verify-receipt", receipt}, "The receipt is valid", v.consentID(), "given", "anybody can sign")
	e.wantCommand(0, []string{"verify-receipt", receipt, "--key", key}, "The receipt is valid")
	e.wantCommand(2, []string{"verify-receipt", receipt, "--key", "consentgate+00000000+AA=="}, "isn't valid", "signed by the key")
	e.wantCommand(2, []string{"verify-receipt", write(t, strings.Replace(file, "statistics", "statistisc", 1))}, "the file was changed")
	e.wantCommand(2, []string{"verify-receipt", write(t, "{}")}, "isn't valid")
	e.wantCommand(2, []string{"verify-receipt", receipt + "x"}, "no such file")
}

// between returns what stands between two texts.
func between(text, before, after string) string {
	_, text, _ = strings.Cut(text, before)
	text, _, _ = strings.Cut(text, after)
	return text
}
