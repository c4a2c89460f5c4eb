package caddyfile

import (
	"slices"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/module"
)

// parseLanguages reads the languages and keeps where they stand, for a message that
// can only be written after the whole block.
func parseLanguages(d *caddyfile.Dispenser, handler *module.Handler, at **caddyfile.Dispenser) error {
	here := *d
	*at = &here
	if err := some(d, &handler.Languages)(); err != nil {
		return err
	}
	for i, language := range handler.Languages {
		if slices.Contains(handler.Languages[:i], language) {
			return d.Errf("languages: '%s' is given twice", language)
		}
	}
	return nil
}

// checkLanguages comes after the whole block, since texts may be named below the
// languages. What a file of texts describes shows when the configuration is loaded,
// which may be elsewhere.
func checkLanguages(handler *module.Handler, at *caddyfile.Dispenser) error {
	for _, language := range handler.Languages {
		switch {
		case slices.Contains(banner.Supported(), language):
		case len(handler.Texts) == 0:
			return at.Errf("languages '%s': use %s, or give it texts by the option texts", language, alternatives(banner.Supported()))
		case !banner.ValidLanguage(language):
			return at.Errf("languages '%s': write the code of a language alone, for example uz", language)
		}
	}
	return nil
}

// parseTexts reads the name of a file, which is read when the configuration is
// loaded.
func parseTexts(d *caddyfile.Dispenser, handler *module.Handler) error {
	var name string
	if err := file(d, &name)(); err != nil {
		return err
	}
	if slices.Contains(handler.Texts, name) {
		return d.Errf("texts: '%s' is given twice", name)
	}
	handler.Texts = append(handler.Texts, name)
	return nil
}
