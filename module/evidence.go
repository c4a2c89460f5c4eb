package module

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// receipt is what a visitor can take home as evidence of a choice: the fields of
// ISO/IEC TS 27560 that an edge knows.
type receipt struct {
	Schema     string            `json:"schema_version"`
	RecordID   string            `json:"record_id"`
	Principal  string            `json:"pii_principal_id"`
	Issued     time.Time         `json:"issued"`
	Notice     receiptNotice     `json:"notice"`
	Purposes   []receiptPurpose  `json:"purposes"`
	Controller receiptController `json:"pii_controller"`
	Events     []storage.Consent `json:"events"`
	Withdrawal string            `json:"withdrawal_method"`
	LedgerHead string            `json:"ledger_row_hash"`
}

type receiptNotice struct {
	Edition  policy.Day `json:"version"`
	URL      string     `json:"url"`
	SHA256   string     `json:"sha256"`
	Language string     `json:"language"`
}

type receiptPurpose struct {
	Purpose      string `json:"purpose"` // a category, or a service allowed by itself
	Retention    string `json:"retention,omitempty"`
	Jurisdiction string `json:"jurisdiction"`
}

type receiptController struct {
	Name    string `json:"name"`
	ID      string `json:"id"`
	Address string `json:"address"`
	Contact string `json:"contact"`
}

// signedReceipt carries a receipt with its Ed25519 signature (RFC 8032) over the
// exact bytes of Receipt.
type signedReceipt struct {
	Receipt   json.RawMessage `json:"receipt"`
	Algorithm string          `json:"algorithm"`
	PublicKey string          `json:"public_key"` // base64
	Signature string          `json:"signature"`  // base64
}

// serveReceipt answers the signed receipt of the present consent.
func (x *exchange) serveReceipt(w http.ResponseWriter) error {
	held, ok, err := x.held(w)
	if !ok {
		return err
	}
	secrets, err := x.handler.app.keys.get(x.request.Context())
	if err != nil {
		return answer(w, http.StatusServiceUnavailable, "receipts can't be signed now")
	}
	app := x.handler.app
	last := held.Events[len(held.Events)-1]
	made := receipt{
		Schema:     "consentgate-receipt-1",
		RecordID:   last.RecordID,
		Principal:  x.choice.ID.String(),
		Issued:     x.at.UTC().Truncate(time.Second),
		Notice:     receiptNotice{last.Edition, last.PolicyURL, last.NoticeSHA256, last.Language},
		Controller: receiptController{app.Controller.Name, app.Controller.ID, app.Controller.Address, app.Controller.Email},
		Events:     held.Events,
		Withdrawal: x.origin() + Prefix,
		LedgerHead: last.RowHash,
	}
	for _, word := range slices.Concat(last.Categories, last.Services) {
		purpose := receiptPurpose{Purpose: word, Jurisdiction: app.Jurisdiction}
		if word == consent.Statistics.String() {
			purpose.Retention = app.window(storage.VisitsKind).String()
		}
		made.Purposes = append(made.Purposes, purpose)
	}
	raw, err := json.Marshal(made)
	if err != nil {
		return err
	}
	key := secrets.receiptKey()
	w.Header().Set("Content-Disposition", `attachment; filename="consent-receipt.json"`)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// Indenting would change the bytes that were signed.
	return json.NewEncoder(w).Encode(signedReceipt{
		Receipt:   raw,
		Algorithm: "Ed25519",
		PublicKey: base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey)),
		Signature: base64.StdEncoding.EncodeToString(ed25519.Sign(key, raw)),
	})
}

// serveData answers everything that is held about the visitor (policy 3.4.1
// (1)).
func (x *exchange) serveData(w http.ResponseWriter) error {
	held, ok, err := x.held(w)
	if !ok {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="privacy-data.json"`)
	return answerJSON(w, http.StatusOK, held)
}

// held reads what is kept under the visitor's consent ID; without one, or when
// it can't be read, it answers itself and ok is false.
func (x *exchange) held(w http.ResponseWriter) (held storage.Holding, ok bool, err error) {
	if x.choice.ID.IsZero() {
		return held, false, answer(w, http.StatusNotFound, "nothing is held about this browser")
	}
	ctx := x.request.Context()
	store, err := x.handler.app.shared.open(ctx)
	if err == nil {
		err = store.Sync(ctx)
	}
	if err == nil {
		held, err = store.Held(ctx, x.choice.ID)
	}
	if err != nil {
		x.handler.logger.Error("what is held can't be read", "error", err)
		return held, false, answer(w, http.StatusServiceUnavailable, "the records can't be read now")
	}
	if len(held.Events) == 0 {
		return held, false, answer(w, http.StatusNotFound, "nothing is held about this browser")
	}
	return held, true, nil
}
