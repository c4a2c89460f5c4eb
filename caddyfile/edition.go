package caddyfile

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/module"
)

// parseEdition reads one edition of the policy's history: its day, its address and,
// by language, what it changed.
func parseEdition(d *caddyfile.Dispenser, history *module.Policy) error {
	at := *d
	args := d.RemainingArgs()
	if len(args) < 1 || len(args) > 2 {
		return d.Errf("edition: write 'edition <YYYY-MM-DD> [<url>]' and a block with what it changed, by language")
	}
	day, err := policy.ParseDay(args[0])
	if err != nil {
		return d.WrapErr(err)
	}
	edition := module.PolicyEdition{Day: day}
	if len(args) == 2 {
		edition.URL = args[1]
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		language, text := d.Val(), ""
		if !banner.ValidLanguage(language) {
			return d.Errf("edition: '%s' is no language: write the code of one alone, for example kk, ru or en", language)
		}
		if _, twice := edition.Changes[language]; twice {
			return d.Errf("edition: '%s' is given twice", language)
		}
		if err := one(d, &text)(); err != nil {
			return err
		}
		if edition.Changes == nil {
			edition.Changes = make(map[string]string)
		}
		edition.Changes[language] = text
		if d.NextBlock(d.Nesting()) {
			return d.Errf("'%s' takes no block", language)
		}
	}
	history.Editions = append(history.Editions, edition)
	options := banner.Options{Edition: history.Edition, PolicyURL: history.URL}
	for _, known := range history.Editions {
		options.Editions = append(options.Editions, banner.Edition(known))
	}
	if err := checkBanner(options); err != nil {
		return at.WrapErr(err)
	}
	return nil
}
