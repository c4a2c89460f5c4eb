package caddyfile

import (
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/module"
)

// parseStrict reads a mode and the hosts that the site's links lead to.
func parseStrict(d *caddyfile.Dispenser, handler *module.Handler) error {
	handler.Strict = new(module.Strict)
	args := d.RemainingArgs()
	if len(args) == 0 || args[0] != "report" && args[0] != "enforce" {
		return d.Errf("strict: write report or enforce, then the hosts that links lead to")
	}
	handler.Strict.Mode = args[0]
	if handler.Strict.Links = args[1:]; len(args) == 1 {
		handler.Strict.Links = nil
	}
	nothing, err := catalogue.New(nil)
	if err != nil {
		return err
	}
	options := gate.Options{Catalogue: nothing, BlockUnknown: true, Strict: gate.StrictEnforce, Links: handler.Strict.Links}
	if _, err := gate.New(options); err != nil {
		return d.WrapErr(err)
	}
	return nil
}

// parseServiceWorker reads what becomes of service workers of the site's own.
func parseServiceWorker(d *caddyfile.Dispenser, handler *module.Handler) error {
	if handler.ServiceWorker == nil {
		handler.ServiceWorker = new(module.ServiceWorker)
	}
	options := handler.ServiceWorker
	switch args := d.RemainingArgs(); {
	case len(args) == 1 && args[0] == "clear":
		if options.Clear {
			return d.Errf("service_worker: 'clear' is given twice")
		}
		options.Clear = true
	case len(args) > 1 && args[0] == "remove":
		for _, path := range args[1:] {
			if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "*") {
				return d.Errf("service_worker remove '%s': a path begins with /", path)
			}
		}
		options.Remove = append(options.Remove, args[1:]...)
	default:
		return d.Errf("service_worker: write clear, or remove and the paths of workers")
	}
	return nil
}
