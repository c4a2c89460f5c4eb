package caddyfile

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/mamen-ai/consentgate/module"
)

// parseDownstream reads how one service's server is asked to delete.
func parseDownstream(d *caddyfile.Dispenser, app *module.App) error {
	args := d.RemainingArgs()
	if len(args) != 3 {
		return d.Errf("downstream: write 'downstream <service> matomo|posthog <base url>' with token and site or project in its block")
	}
	service, options := args[0], module.Downstream{API: args[1], URL: args[2]}
	if _, twice := app.Downstream[service]; twice {
		return d.Errf("downstream of '%s' is given twice", service)
	}
	err := block{Dispenser: d, name: "downstream", options: map[string]func() error{
		"token":   one(d, &options.Token),
		"site":    one(d, &options.Site),
		"project": one(d, &options.Project),
	}}.parse()
	if err != nil {
		return err
	}
	if err := options.Check(service); err != nil {
		return d.Errf("downstream %s: %w", service, err)
	}
	if app.Downstream == nil {
		app.Downstream = make(map[string]module.Downstream)
	}
	app.Downstream[service] = options
	return nil
}
