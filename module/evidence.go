package module

import (
	"net/http"

	"github.com/mamen-ai/consentgate/internal/receipt"
	"github.com/mamen-ai/consentgate/storage"
)

// serveReceipt answers the signed receipt of the present consent.
func (x *exchange) serveReceipt(w http.ResponseWriter) error {
	held, ok, err := x.held(w)
	if !ok {
		return err
	}
	ctx := x.request.Context()
	secrets, err := x.handler.app.keys.get(ctx)
	var terms receipt.Terms
	if err == nil {
		terms, err = x.agreed(receipt.Newest(held.Events))
	}
	if err != nil {
		x.handler.logger.Error("a receipt can't be issued", "error", err)
		return answer(w, http.StatusServiceUnavailable, "receipts can't be issued now")
	}
	terms.Withdrawal = x.origin() + Prefix
	file, err := receipt.Sign(receipt.New(held.Events, terms, x.at), secrets.receiptKey())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="consent-receipt.json"`)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, err = w.Write(file)
	return err
}

// agreed returns the terms of an event; those of the site as it is for events of
// versions that kept none.
func (x *exchange) agreed(event storage.Consent) (receipt.Terms, error) {
	if event.TermsSHA256 == "" {
		terms, _ := x.handler.terms(x.language(event.Language))
		return terms, nil
	}
	store, err := x.handler.app.shared.open(x.request.Context())
	if err != nil {
		return receipt.Terms{}, err
	}
	document, err := store.Document(x.request.Context(), event.TermsSHA256)
	if err != nil {
		return receipt.Terms{}, err
	}
	return receipt.ParseTerms(document.Body)
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
