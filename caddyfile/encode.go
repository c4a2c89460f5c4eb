package caddyfile

import (
	"slices"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/mamen-ai/consentgate/internal/contentcoding"
	"github.com/mamen-ai/consentgate/module"
)

// parseEncode reads the content codings of pages: encode <zstd|gzip...> | off.
func parseEncode(d *caddyfile.Dispenser, handler *module.Handler) error {
	if err := some(d, &handler.Encode)(); err != nil {
		return err
	}
	if slices.Equal(handler.Encode, []string{"off"}) {
		return nil
	}
	for i, coding := range handler.Encode {
		switch {
		case !slices.Contains(contentcoding.Names(), coding):
			return d.Errf("encode '%s': use %s, or off alone", coding, alternatives(contentcoding.Names()))
		case slices.Contains(handler.Encode[:i], coding):
			return d.Errf("encode: '%s' is given twice", coding)
		}
	}
	return nil
}
