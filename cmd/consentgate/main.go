// Command consentgate is Caddy with its standard modules and the consent gate
// built in. It has no code of its own: the commands, the Caddyfile adapter and
// the server are Caddy's, and what consentgate adds is registered by the
// caddyfile package.
package main

import (
	// Day tables are named by the civil day of a named zone and dropped by its
	// calendar; the zone database must not depend on the machine.
	_ "time/tzdata"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/mamen-ai/consentgate/caddyfile"
)

func main() {
	caddycmd.Main()
}
