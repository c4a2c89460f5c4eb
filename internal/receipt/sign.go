package receipt

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mamen-ai/consentgate/storage"
)

// algorithm names the signature's (RFC 8032).
const algorithm = "Ed25519"

// Signed carries a receipt with the signature over the exact bytes of Receipt.
type Signed struct {
	Receipt   json.RawMessage `json:"receipt"`
	Algorithm string          `json:"algorithm"`
	Key       string          `json:"public_key"` // as storage.VerifierKey writes it
	Signature string          `json:"signature"`  // base64
}

// Sign returns the file that a visitor takes home. Indenting it would change the
// bytes that are signed.
func Sign(r Receipt, key ed25519.PrivateKey) ([]byte, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("writing a receipt: %w", err)
	}
	verifier, err := storage.VerifierKey(key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	file, err := json.Marshal(Signed{raw, algorithm, verifier, base64.StdEncoding.EncodeToString(ed25519.Sign(key, raw))})
	return append(file, '\n'), err
}

// ErrInvalid means that a file is no receipt as it was issued.
var ErrInvalid = errors.New("the receipt isn't valid")

// Verify reads a signed receipt and checks it without a server: the signature,
// that each row of the ledger has its hash, and that the record is of these rows.
// The key is the file's own unless one is given, as [storage.VerifierKey] writes
// it: only a key that came by another way shows who issued the receipt. It
// returns the key; an error wraps ErrInvalid and says why.
func Verify(file []byte, key string) (r Receipt, signedBy string, err error) {
	invalid := func(format string, args ...any) (Receipt, string, error) {
		return r, signedBy, fmt.Errorf("%w: %w", ErrInvalid, fmt.Errorf(format, args...))
	}
	var signed Signed
	decoder := json.NewDecoder(bytes.NewReader(file))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&signed); err != nil {
		return invalid("the file isn't one that /.privacy/receipt answers: %w", err)
	}
	signedBy = signed.Key
	if signed.Algorithm != algorithm {
		return invalid("it is signed by %q, not %s", signed.Algorithm, algorithm)
	}
	if key != "" && key != signed.Key {
		return invalid("it is signed by the key %s, not by %s", signed.Key, key)
	}
	public, err := storage.ParseVerifierKey(signed.Key)
	if err != nil {
		return invalid("%w", err)
	}
	signature, err := base64.StdEncoding.DecodeString(signed.Signature)
	if err != nil || !ed25519.Verify(public, signed.Receipt, signature) {
		return invalid("the signature doesn't fit: the file was changed")
	}
	if err := json.Unmarshal(signed.Receipt, &r); err != nil {
		return invalid("%w", err)
	}
	if len(r.Ledger) == 0 {
		return invalid("it names no event")
	}
	for _, row := range r.Ledger {
		if err := storage.CheckRow(row); err != nil {
			return invalid("%w", err)
		}
		if row.ConsentID.String() != r.Record.Subject {
			return invalid("row %d is of another consent", row.Seq)
		}
	}
	return r, signedBy, nil
}
