package storage

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// keyName names the key that signs checkpoints, in their signature lines.
const keyName = "consentgate"

// ed25519Algorithm begins a key of this algorithm in package note.
const ed25519Algorithm = 1

// originPrefix begins the first line of a checkpoint; the month ends it.
const originPrefix = "consentgate/ledger/"

// MonthFormat is how a month of the ledger is written.
const MonthFormat = "2006-01"

// Checkpoint says what the ledger held at a moment: a month of it as a Merkle
// tree over the row hashes (RFC 6962, section 2.1), and the end of the hash chain,
// which binds everything before. Signed and kept elsewhere, it shows rows that
// were cut off or rewritten since.
type Checkpoint struct {
	Month string    // YYYY-MM, local; a tree begins with each month
	Size  int64     // rows in the tree, 1 or more
	Root  tlog.Hash // of the tree
	First int64     // seq of the tree's first row
	Head  string    // hex, row_hash of the tree's last row
	Ends  time.Time // when the last of its consents is over; UTC, whole seconds
	At    time.Time // when it was signed; UTC, whole seconds
}

// Last returns the seq of the last row.
func (c Checkpoint) Last() int64 { return c.First + c.Size - 1 }

// text returns the checkpoint in the format of C2SP's tlog-checkpoint: origin,
// size, root, and extension lines.
func (c Checkpoint) text() string {
	return fmt.Sprintf("%s%s\n%d\n%s\nfirst %d\nhead %s\nends %s\ntime %s\n", originPrefix, c.Month, c.Size,
		base64.StdEncoding.EncodeToString(c.Root[:]), c.First, c.Head, c.Ends.UTC().Format(time.RFC3339), c.At.UTC().Format(time.RFC3339))
}

var errNoCheckpoint = errors.New("this is no checkpoint of consentgate's ledger")

func parseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 8 || lines[7] != "" {
		return c, errNoCheckpoint
	}
	for i, prefix := range []string{originPrefix, "", "", "first ", "head ", "ends ", "time "} {
		value, ok := strings.CutPrefix(lines[i], prefix)
		if !ok {
			return c, errNoCheckpoint
		}
		lines[i] = value
	}
	c.Month, c.Head = lines[0], lines[4]
	_, month := time.Parse(MonthFormat, c.Month)
	_, head := hex.DecodeString(c.Head)
	var errs [5]error
	c.Size, errs[0] = strconv.ParseInt(lines[1], 10, 64)
	c.Root, errs[1] = tlog.ParseHash(lines[2])
	c.First, errs[2] = strconv.ParseInt(lines[3], 10, 64)
	c.Ends, errs[3] = time.Parse(time.RFC3339, lines[5])
	c.At, errs[4] = time.Parse(time.RFC3339, lines[6])
	if err := errors.Join(append(errs[:], month, head)...); err != nil || c.Size < 1 || c.First < 1 {
		return c, errors.Join(errNoCheckpoint, err)
	}
	return c, nil
}

// Sign returns the checkpoint as a note signed with the key
// (golang.org/x/mod/sumdb/note: Ed25519, RFC 8032).
func (c Checkpoint) Sign(key ed25519.PrivateKey) (string, error) {
	signer, err := newSigner(key)
	if err != nil {
		return "", err
	}
	signed, err := note.Sign(&note.Note{Text: c.text()}, signer)
	return string(signed), err
}

// FormerKey is the public half of a key that signed receipts and checkpoints until
// it was replaced. What it signed is checked by it for ever.
type FormerKey struct {
	Key     string    `json:"key"`               // as [VerifierKey] writes it
	Until   time.Time `json:"until"`             // when it was replaced; UTC, whole seconds
	Revoked bool      `json:"revoked,omitempty"` // others may have it
}

// OpenCheckpoint reads a signed checkpoint and checks its signature, which must be
// of one of the keys. verifierKey is what [VerifierKey] returned for the key.
func OpenCheckpoint(signed, verifierKey string, former ...FormerKey) (Checkpoint, error) {
	var verifiers []note.Verifier
	for i, key := range append([]FormerKey{{Key: verifierKey}}, former...) {
		if i > 0 && key.Key == verifierKey {
			continue // it was replaced just now, and to name it twice is an error
		}
		verifier, err := note.NewVerifier(key.Key)
		if err != nil {
			return Checkpoint{}, fmt.Errorf("key %q: %w", key.Key, err)
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(verifiers...))
	if err != nil && len(former) > 0 {
		return Checkpoint{}, fmt.Errorf("the checkpoint isn't signed by %s, nor by one of the %d keys before: %w", verifierKey, len(former), err)
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the checkpoint isn't signed by %s: %w", verifierKey, err)
	}
	return parseCheckpoint(opened.Text)
}

// ReadCheckpoint reads a signed checkpoint and doesn't check its signature.
func ReadCheckpoint(signed string) (Checkpoint, error) {
	text, _, _ := strings.Cut(signed, "\n\n")
	return parseCheckpoint(text + "\n")
}

// VerifierKey returns the public key in the form that auditors keep:
// name, hash and key.
func VerifierKey(key ed25519.PublicKey) (string, error) {
	return note.NewEd25519VerifierKey(keyName, key)
}

// ParseVerifierKey is the inverse of [VerifierKey].
func ParseVerifierKey(text string) (ed25519.PublicKey, error) {
	// NewVerifier checks the hash, and doesn't tell the key.
	if _, err := note.NewVerifier(text); err != nil {
		return nil, fmt.Errorf("key %q: %w", text, err)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.SplitN(text, "+", 3)[2])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != ed25519Algorithm {
		return nil, fmt.Errorf("key %q: it isn't of Ed25519", text)
	}
	return raw[1:], nil
}

// newSigner wraps the key as package note wants it, whose own keys are text.
func newSigner(key ed25519.PrivateKey) (note.Signer, error) {
	public, err := VerifierKey(key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	parts := strings.SplitN(public, "+", 3)
	secret := base64.StdEncoding.EncodeToString(append([]byte{ed25519Algorithm}, key.Seed()...))
	return note.NewSigner("PRIVATE+KEY+" + parts[0] + "+" + parts[1] + "+" + secret)
}

// Tree computes the root of a growing Merkle tree (RFC 6962, section 2.1) and
// keeps one hash for each complete subtree only.
type Tree struct {
	size  int64
	roots []tlog.Hash // of the complete subtrees, the largest first
}

// Add appends a leaf.
func (t *Tree) Add(data []byte) {
	t.roots = append(t.roots, tlog.RecordHash(data))
	t.size++
	for n := t.size; n&1 == 0; n >>= 1 {
		last := len(t.roots) - 1
		t.roots = append(t.roots[:last-1], tlog.NodeHash(t.roots[last-1], t.roots[last]))
	}
}

// Size returns how many leaves there are.
func (t *Tree) Size() int64 { return t.size }

// Root returns the hash of the tree; of an empty one the zero hash.
func (t *Tree) Root() (root tlog.Hash) {
	for i := len(t.roots) - 1; i >= 0; i-- {
		if i == len(t.roots)-1 {
			root = t.roots[i]
		} else {
			root = tlog.NodeHash(t.roots[i], root)
		}
	}
	return root
}
