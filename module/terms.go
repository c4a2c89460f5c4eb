package module

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync"

	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/receipt"
	"github.com/mamen-ai/consentgate/storage"
)

var errEditionSize = errors.New("the policy has more than 32 MiB")

// maxEdition bounds the file of the policy, in bytes: it is kept in the database.
const maxEdition = 32 << 20

// readEdition reads the file of the policy in force.
func readEdition(path string) (storage.Document, error) {
	body, err := os.ReadFile(path)
	if err == nil && len(body) > maxEdition {
		err = &os.PathError{Op: "read", Path: path, Err: errEditionSize}
	}
	return storage.NewDocument(storage.EditionDocument, http.DetectContentType(body), "", body), err
}

// documents are what the records of a site refer to. They are made at the first
// use: a site that is provisioned later may still give a kind its window.
type documents struct {
	once  sync.Once
	all   []storage.Document
	terms map[string]receipt.Terms // by language
	hash  map[string]string        // of the terms, by language
	err   error

	mu   sync.Mutex
	kept bool
}

// terms returns what a consent in the language is given to, and its hash.
func (h *Handler) terms(lang string) (receipt.Terms, string) {
	h.makeDocuments()
	return h.documents.terms[lang], h.documents.hash[lang]
}

func (h *Handler) makeDocuments() {
	h.documents.once.Do(func() {
		d := &h.documents
		d.terms, d.hash = map[string]receipt.Terms{}, map[string]string{}
		if h.app.edition.SHA256 != "" {
			d.all = append(d.all, h.app.edition)
		}
		for _, notice := range h.banner.Notices() {
			d.all = append(d.all, noticeDocument(notice))
		}
		for _, lang := range h.banner.Languages() {
			terms := receipt.NewTerms(h.asked(lang))
			raw, err := terms.JSON()
			if err != nil {
				d.err = err
				return
			}
			document := storage.NewDocument(storage.TermsDocument, "application/ld+json", lang, raw)
			d.all = append(d.all, document)
			d.terms[lang], d.hash[lang] = terms, document.SHA256
		}
	})
}

func noticeDocument(n banner.Notice) storage.Document {
	return storage.NewDocument(storage.NoticeDocument, "text/html; charset=utf-8", n.Language, n.Body)
}

// asked is what the site asks for, in the language.
func (h *Handler) asked(lang string) receipt.Site {
	app := h.app
	site := receipt.Site{
		Language: lang,
		Controller: receipt.Entity{Name: app.Controller.Name, Identifier: app.Controller.ID,
			Address: app.Controller.Address, Contact: app.Controller.Email},
		Edition:      app.Policy.Edition,
		PolicyURL:    app.Policy.URL,
		PolicySHA256: app.edition.SHA256,
		Jurisdiction: app.Jurisdiction,
		CrossBorder:  app.CrossBorder == "allow",
		FullIP:       app.IP == "full",
		TimeZone:     app.Timezone,
		Withdrawal:   Prefix,
		Purposes:     map[consent.Category]receipt.Purpose{},
	}
	for _, category := range h.gate.Categories() {
		name, about := h.banner.Purpose(lang, category)
		site.Purposes[category] = receipt.Purpose{Label: name, Definition: about}
	}
	for i, service := range h.gate.Services() {
		if h.gate.Status(consent.Choice{}, i) == gate.Never {
			continue
		}
		recipient := receipt.Service{ID: service.ID, Name: service.Name, Vendor: service.Vendor, Category: service.Category, Countries: service.Countries}
		if service.Category == consent.Statistics {
			recipient.Kind = h.kind(service.ID)
			recipient.Window = app.window(recipient.Kind)
		}
		site.Services = append(site.Services, recipient)
	}
	return site
}

// keepDocuments writes what records of this site refer to into the store, once.
func (h *Handler) keepDocuments(ctx context.Context, store storage.Store) error {
	h.makeDocuments()
	h.documents.mu.Lock()
	defer h.documents.mu.Unlock()
	if h.documents.kept || h.documents.err != nil {
		return h.documents.err
	}
	err := h.app.shared.keepOffer(ctx, store, h.offer)
	if err == nil {
		err = store.SaveDocuments(ctx, h.documents.all...)
	}
	h.documents.kept = err == nil
	return err
}
