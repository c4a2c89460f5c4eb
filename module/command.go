package module

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "consent",
		Usage: "<command>",
		Short: "Shows, checks and destroys what a running consentgate holds",
		Long: `
Asks the running server, through its admin API, about consent and records.

  consentgate consent status            what is held, until when, and any problem
  consentgate consent ready             whether choices can be made, for health checks
  consentgate consent inventory         third parties, cookies and collectors that the traffic shows
  consentgate consent inventory --caddyfile   the same as options of consent_gate, to paste
  consentgate consent report            what an auditor asks of the last month, or of --month YYYY-MM
  consentgate consent report --html     the same as a page with plots, to keep or to print
  consentgate consent page              how the promises stand, in a browser; --html prints the page
  consentgate consent verify            whether the ledger and the destroyed bytes are in order
  consentgate consent checkpoint        the ledger's signed state, to keep elsewhere
  consentgate consent verify --checkpoint FILE   whether the ledger still has what it had then
  consentgate consent document          the texts that records refer to, by SHA-256
  consentgate consent purge --dry-run   what is past its window
  consentgate consent purge             destroys it now
  consentgate consent export ID         everything held about one consent ID
  consentgate consent erase ID          destroys it
  consentgate consent request list      requests that came by letter or mail, and by when they are due
  consentgate consent request add --received YYYY-MM-DD --kind KIND --id ID   records one
  consentgate consent request close N --result RESULT   does what it asks for, or turns it down
  consentgate consent backup FILE       copies the database; --list shows the copies and their days
  consentgate consent keys              the public keys, those of before too
  consentgate consent rotate-keys       new keys sign from now on; --revoke when the old ones leaked

These need no server:

  consentgate consent verify-receipt FILE   whether a visitor's receipt is genuine
  consentgate consent catalogue         every service that is known
  consentgate consent catalogue NAME    everything about one of them

Exit codes: 0 all is in order; 1 the command failed, for example because no
server runs; 2 the answer is that a promise isn't kept, or a value is malformed:
then it is named, and nothing was changed.`,
		CobraFunc: func(cmd *cobra.Command) {
			cmd.PersistentFlags().String("address", caddy.DefaultAdminListen, "The address of the server's admin API")
			cmd.PersistentFlags().Bool("json", false, "Prints JSON instead of text")
			cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
				return caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) { return exitBroken, err })(cmd, nil)
			})
			explainFailures(cmd)
			refuseUnknown(cmd)
			add := under(cmd)
			add("status", "Shows what is held, until when, and any problem", cobra.NoArgs, client.status)
			add("ready", "Says whether choices can be made and proven, and if not why", cobra.NoArgs, client.ready)
			add("inventory", "Shows third parties, cookies and collectors that the traffic shows", cobra.NoArgs, client.inventory).
				Flags().Bool("caddyfile", false, "Prints options of consent_gate to paste")
			add("verify", "Checks the ledger's hash chain and looks for bytes of destroyed data", cobra.NoArgs, client.verify).
				Flags().String("checkpoint", "", "A checkpoint kept elsewhere, to hold the ledger against")
			add("purge", "Destroys what is past its window", cobra.NoArgs, client.purge).
				Flags().Bool("dry-run", false, "Only lists it")
			add("export ID", "Prints everything held about one consent ID, as JSON", cobra.ExactArgs(1), client.export)
			add("erase ID", "Destroys everything held about one consent ID", cobra.ExactArgs(1), client.erase)
			addEvidence(add)
			addKeys(add)
			addRequests(cmd)
			cmd.AddCommand(catalogueCommand(), reportCommand(), pageCommand(), verifyReceiptCommand())
			help(cmd)
		},
	})
}

// under returns a function that adds commands to the given one.
func under(cmd *cobra.Command) func(use, short string, args cobra.PositionalArgs, run func(client, []string) (code int, err error)) *cobra.Command {
	return func(use, short string, args cobra.PositionalArgs, run func(client, []string) (code int, err error)) *cobra.Command {
		sub := &cobra.Command{Use: use, Short: short, Args: args, SilenceUsage: true}
		sub.RunE = caddycmd.WrapCommandFuncForCobra(func(fl caddycmd.Flags) (int, error) {
			sub.SilenceErrors = true // Caddy logs them, and exit code 2 comes with its own text
			code, err := run(client{
				address: fl.String("address"), json: fl.Bool("json"), out: sub.OutOrStdout(), err: sub.ErrOrStderr(), flags: sub.Flags(),
				dryRun: sub.Flags().Changed("dry-run"), caddyfile: sub.Flags().Changed("caddyfile"),
			}, sub.Flags().Args())
			if errors.As(err, new(malformed)) {
				code = exitBroken
			}
			return code, err
		})
		cmd.AddCommand(sub)
		return sub
	}
}

// The exit codes of the commands.
const (
	exitOK     = caddy.ExitCodeSuccess
	exitFailed = caddy.ExitCodeFailedStartup
	exitBroken = 2 // a promise isn't kept, or a value is malformed
)

// client asks the admin API of a running server.
type client struct {
	address   string
	json      bool
	out       io.Writer
	err       io.Writer
	flags     *pflag.FlagSet
	dryRun    bool
	caddyfile bool
}

// call fetches an answer into v, and prints it when JSON was asked for.
func (c client) call(method, name string, query url.Values, v any) error {
	return c.request(method, name, query, nil, nil, v)
}

// post sends fields that may name a consent in the request's body: Caddy logs the
// addresses that its admin API is asked for.
func (c client) post(name string, fields url.Values, v any) error {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	return c.request(http.MethodPost, name, nil, header, strings.NewReader(fields.Encode()), v)
}

// request is call with header lines and a body.
func (c client) request(method, name string, query url.Values, header http.Header, body io.Reader, v any) error {
	response, err := caddycmd.AdminAPIRequest(c.address, method, adminPath+name+"?"+query.Encode(), header, body)
	if err != nil {
		var opErr interface{ Timeout() bool }
		if errors.As(err, &opErr) || strings.Contains(err.Error(), "connection refused") {
			return fmt.Errorf("no server answers at %s: start one with \"consentgate run\", or name its admin API with --address (%w)", c.address, err)
		}
		return answered(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if c.json {
		if _, err := c.out.Write(raw); err != nil {
			return err
		}
	}
	return json.Unmarshal(raw, v)
}

func (c client) printf(format string, args ...any) {
	if !c.json {
		fmt.Fprintf(c.out, format, args...)
	}
}
