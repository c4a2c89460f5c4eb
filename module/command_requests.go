package module

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
	"github.com/spf13/cobra"
)

// addRequests adds the commands for requests that come by letter or mail (policy
// 3.4.1).
func addRequests(cmd *cobra.Command) {
	group := &cobra.Command{
		Use: "request", Short: "Keeps account of requests that came by letter or mail",
		Long: `
Records what data subjects ask for by letter or mail, and by when it is due: after
10 working days or 15 calendar days, whichever is sooner.

KIND is withdraw, access, rectify, block, unblock or erase; block and unblock take
effect when they are added. RESULT is fulfilled, refused or unidentified: fulfilled
destroys what withdraw and erase name, the others undo block and unblock. The
consent ID stands on the visitor's page /.privacy/; without it nothing can be found.`,
	}
	refuseUnknown(group)
	cmd.AddCommand(group)
	add := under(group)
	flags := add("add", "Records a request and prints by when it is due", cobra.NoArgs, client.addRequest).Flags()
	flags.String("received", "", "The day on which it came, YYYY-MM-DD")
	flags.String("kind", "", "withdraw, access, rectify, block, unblock or erase")
	flags.String("id", "", "The consent ID that the subject named")
	flags.String("by", string(storage.ByMail), "mail or letter")
	add("list", "Lists the open requests, those due first at the beginning", cobra.NoArgs, client.listRequests).
		Flags().Bool("all", false, "Lists the closed ones too")
	add("close N", "Ends a request, and does what it asks for when it is fulfilled", cobra.ExactArgs(1), client.closeRequest).
		Flags().String("result", "", "fulfilled, refused or unidentified")
}

// flagQuery returns the flags that were given or have a default, by their names.
func (c client) flagQuery(names ...string) url.Values {
	query := url.Values{}
	for _, name := range names {
		if flag := c.flags.Lookup(name); flag.Changed || flag.DefValue != "" {
			query.Set(name, flag.Value.String())
		}
	}
	return query
}

func (c client) addRequest([]string) (int, error) {
	query := c.flagQuery("received", "kind", "id", "by")
	if query.Has("id") {
		if _, err := parseID(query.Get("id")); err != nil {
			return exitFailed, err
		}
	}
	if _, err := parseRequest(query); err != nil {
		return exitFailed, malformed{err}
	}
	var r RequestAnswer
	if err := c.post("request-add", query, &r); err != nil {
		return exitFailed, err
	}
	c.printf("request %d: %s, received by %s on %s, due by %s\n", r.ID, r.Kind, r.Channel, r.Received, r.Due)
	if !r.CalendarComplete {
		c.printf("The calendar lacks a year of these days: there, Monday to Friday were counted as working days, and the law may give\n" +
			"more time. Name the year's holidays by the option \"holidays\".\n")
	}
	switch {
	case r.ConsentID.IsZero():
		c.printf("It names no consent ID, so nothing can be found or stopped: ask for the one on the page /.privacy/ (policy 3.4.2).\n")
	case r.Event == storage.Blocked:
		c.printf("The consent is blocked: nothing more is recorded under it, and what is held stays.\n")
	case r.Event == storage.Unblocked:
		c.printf("The block is lifted.\n")
	case r.Kind == storage.BlockRequest || r.Kind == storage.UnblockRequest:
		c.printf("Nothing was to be changed: the consent stood like this, or has ended.\n")
	case r.Kind == storage.AccessRequest:
		c.printf("What is held: consentgate consent export %s\n", r.ConsentID)
	}
	return exitOK, nil
}

func (c client) listRequests([]string) (int, error) {
	query := url.Values{}
	if all, _ := c.flags.GetBool("all"); all {
		query.Set("all", "1")
	}
	var l RequestList
	if err := c.call(http.MethodGet, "requests", query, &l); err != nil {
		return exitFailed, err
	}
	if len(l.Requests) == 0 {
		c.printf("no requests\n")
		return exitOK, nil
	}
	c.printf("%4s  %-8s  %-6s  %-10s  %-10s  %-32s  %s\n", "N", "KIND", "BY", "RECEIVED", "DUE", "CONSENT ID", "STATE")
	access := false
	for _, r := range l.Requests {
		id := "unknown"
		if !r.ConsentID.IsZero() {
			id = r.ConsentID.String()
			access = access || r.Open() && r.Kind == storage.AccessRequest
		}
		c.printf("%4d  %-8s  %-6s  %s  %s  %-32s  %s\n", r.ID, r.Kind, r.Channel, r.Received, r.Due, id, requestState(r, l.Today))
	}
	if access {
		c.printf("What is held under an ID: consentgate consent export ID\n")
	}
	if l.Overdue > 0 {
		c.printf("%d requests are past their day: answer them, then run: consentgate consent request close N --result RESULT\n", l.Overdue)
		return exitBroken, nil
	}
	return exitOK, nil
}

func requestState(r storage.Request, today policy.Day) string {
	switch left := r.Due.Number() - today.Number(); {
	case !r.Open():
		return fmt.Sprintf("%s %s", r.Result, r.Closed.Format(time.DateOnly))
	case left < 0:
		return fmt.Sprintf("OVERDUE, days: %d", -left)
	case left == 0:
		return "due today"
	default:
		return fmt.Sprintf("open, days left: %d", left)
	}
}

func (c client) closeRequest(args []string) (int, error) {
	query := c.flagQuery("result")
	query.Set("request", args[0])
	if _, _, err := parseClosing(query); err != nil {
		return exitFailed, malformed{err}
	}
	var r RequestAnswer
	if err := c.post("request-close", query, &r); err != nil {
		return exitFailed, err
	}
	c.printf("request %d: %s %s\n", r.ID, r.Kind, r.Result)
	switch {
	case r.Event == storage.Blocked:
		c.printf("The consent is blocked again.\n")
	case r.Event == storage.Unblocked:
		c.printf("The block is lifted.\n")
	case revoking(r.Request) != "":
		c.printf("%s\n", destroyed(r.Acts))
	}
	return exitOK, nil
}

// destroyed sums up acts.
func destroyed(acts []storage.Act) string {
	var rows int64
	for _, act := range acts {
		rows += act.Rows
	}
	return fmt.Sprintf("destroyed %d records in %d day tables", rows, len(acts))
}
