package module

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

// remedies are what a person can do about failures that Caddy tells in its own words,
// by those words. %s is what the first group matches. Caddy passes most causes on as
// text, so that there is no error to look for.
var remedies = []struct {
	words  *regexp.Regexp
	remedy string
}{
	{regexp.MustCompile(`administration endpoint: listen \w+ (\S+): bind: address already in use`),
		"%s is the admin API of a server that runs already: end it with \"consentgate stop\", change its configuration with \"consentgate reload\", or name another address by the global option \"admin\""},
	{regexp.MustCompile(`listen \w+ (\S+): bind: address already in use`),
		"another program listens on %s: end it (\"ss -ltnp\" shows which it is), or take another port in the Caddyfile"},
	{regexp.MustCompile(`listen \w+ (\S+): bind: permission denied`),
		"a port below 1024 as in %s needs a right: use the systemd unit, give it to the program with \"setcap cap_net_bind_service=+ep\", or take a higher port"},
	{regexp.MustCompile(`reading config from file: open (.+): no such file or directory`),
		"there is no file %s: name the Caddyfile by --config; docs/quickstart.md has one to begin with"},
	{regexp.MustCompile(`reading config from file: open (.+): permission denied`),
		"let the user that runs consentgate read %s"},
	{regexp.MustCompile(`config is not valid JSON`),
		"a file whose name doesn't begin with Caddyfile is read as JSON: add --adapter caddyfile if it is one"},
	{regexp.MustCompile(`performing request: .*dial \w+ (\S+): connect: connection refused`),
		"no server answers at %s: start one with \"consentgate run\", or name its admin API with --address"},
}

// remedyOf returns what a person can do about the failure, or "".
func remedyOf(err error) string {
	for _, r := range remedies {
		if match := r.words.FindStringSubmatch(err.Error()); match != nil {
			if len(match) == 1 {
				return r.remedy
			}
			return fmt.Sprintf(r.remedy, match[1])
		}
	}
	return ""
}

// explainFailures has Caddy's own commands say what helps when they fail. It is called
// for a command that isn't yet below the root: the others are looked for when one is
// about to run.
func explainFailures(of *cobra.Command) {
	cobra.OnInitialize(sync.OnceFunc(func() {
		for _, sub := range of.Root().Commands() {
			if run := sub.RunE; run != nil && sub != of {
				sub.RunE = func(cmd *cobra.Command, args []string) error {
					err := run(cmd, args)
					if err == nil {
						return nil
					}
					if remedy := remedyOf(err); remedy != "" {
						fmt.Fprintf(cmd.ErrOrStderr(), "consentgate: %s\n", remedy)
					}
					return err
				}
			}
		}
	}))
}

// refuseUnknown has a command that only groups others show its help, and refuse a
// name that none of them has.
func refuseUnknown(group *cobra.Command) {
	group.SuggestionsMinimumDistance = 2
	group.SilenceUsage = true
	group.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	group.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		remedy := fmt.Sprintf("\"%s --help\" lists them", cmd.CommandPath())
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			remedy = "did you mean " + strings.Join(near, " or ") + "?"
		}
		err := malformed{fmt.Errorf("%s has no command %q: %s", cmd.Name(), args[0], remedy)}
		return caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) { return exitBroken, err })(cmd, nil)
	}
}
