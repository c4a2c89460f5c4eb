// Command consentgate is Caddy with its standard modules and the consent gate
// built in. It has no code of its own but a name: the commands, the Caddyfile adapter and
// the server are Caddy's, and what consentgate adds is registered by the
// caddyfile package.
package main

import (
	// Day tables are named by the civil day of a named zone and dropped by its
	// calendar; the zone database must not depend on the machine.
	_ "time/tzdata"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/mamen-ai/consentgate/caddyfile"
)

func main() {
	// Help and shell completion are for this name.
	caddy.CustomBinaryName = "consentgate"
	caddy.CustomLongDescription = `consentgate is Caddy with the consent gate: an edge that makes a website keep its
privacy policy.

  consentgate run --config Caddyfile        runs the server, until Ctrl+C
  consentgate validate --config Caddyfile   says what is wrong with a Caddyfile
  consentgate reload --config Caddyfile     gives a running server a new one
  consentgate consent --help                what consentgate adds: records, reports, keys
  consentgate completion --help             has the shell complete all this`
	caddycmd.Main()
}
