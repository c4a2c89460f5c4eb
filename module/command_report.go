package module

import (
	"errors"
	"net/http"
	"net/url"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/mamen-ai/consentgate/internal/report"
	"github.com/spf13/cobra"
)

// reportCommand prints the report on a month.
func reportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:          "report",
		Short:        "Prints what an auditor asks of a month: choices, records, destruction, requests, the ledger",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
	}
	cmd.Flags().String("month", "", "The month as YYYY-MM; the running one is allowed (default the last that is over)")
	cmd.Flags().Bool("html", false, "Prints a page with plots that needs no other file")
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(fl caddycmd.Flags) (int, error) {
		cmd.SilenceErrors = true // Caddy logs them
		c := client{address: fl.String("address"), json: fl.Bool("json"), out: cmd.OutOrStdout()}
		return c.report(fl.String("month"), cmd.Flags().Changed("month"), fl.Bool("html"))
	})
	return cmd
}

func (c client) report(month string, named, html bool) (int, error) {
	if html && c.json {
		return exitFailed, errors.New("--html and --json: name one of them")
	}
	query := url.Values{}
	if named {
		if _, err := report.ParseMonth(month); err != nil {
			return exitBroken, err
		}
		query.Set("month", month)
	}
	var m report.Month
	if err := c.call(http.MethodGet, "report", query, &m); err != nil {
		if errors.As(err, new(malformed)) {
			return exitBroken, err // the month hasn't begun
		}
		return exitFailed, err
	}
	var err error
	switch {
	case html:
		err = m.HTML(c.out)
	case !c.json:
		err = m.Text(c.out)
	}
	if err != nil {
		return exitFailed, err
	}
	if len(m.Problems) > 0 {
		return exitBroken, nil
	}
	return exitOK, nil
}
