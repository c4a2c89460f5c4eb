package module

import (
	"net/http"
	"net/url"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/mamen-ai/consentgate/storage"
)

// zone returns the time zone of the given name, or UTC on a machine that doesn't
// know it.
func zone(name string) *time.Location {
	location, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return location
}

// dayFormat shows an instant with the offset of its zone.
const dayFormat = "2006-01-02 15:04 -07:00"

func (c client) status([]string) (int, error) {
	var s Status
	if err := c.call(http.MethodGet, "status", nil, &s); err != nil {
		return exitFailed, err
	}
	c.printf("consentgate %s, policy edition %s, cross-border %s\n", s.Version, s.Edition, s.CrossBorder)
	c.printf("store      %s (%d handle)\n", s.Totals.Database, s.Totals.Handles)
	c.printf("ledger     %d rows: %d given, %d refused, %d withdrawn, %d erased\n", s.Verification.Rows,
		s.Totals.Events[storage.Given], s.Totals.Events[storage.Refused], s.Totals.Events[storage.Withdrawn], s.Totals.Events[storage.Erased])
	if blocked, unblocked := s.Totals.Events[storage.Blocked], s.Totals.Events[storage.Unblocked]; blocked > 0 {
		c.printf("           and %d blocked, %d unblocked\n", blocked, unblocked)
	}
	if s.OpenRequests > 0 {
		c.printf("requests   %d open, %d overdue: consentgate consent request list\n", s.OpenRequests, s.OverdueRequests)
	}
	if s.UnknownThirdParties > 0 {
		c.printf("unknown    %d third parties in 30 days: consentgate consent inventory\n", s.UnknownThirdParties)
	}
	local := zone(s.Timezone)
	if len(s.Parts) > 0 {
		c.printf("\n%-32s %-9s %8s  %s\n", "DAY TABLE", "STATE", "RECORDS", "DELETE BY")
	}
	for _, part := range s.Parts {
		c.printf("%-32s %-9s %8d  %s\n", part.Name, part.State, part.Rows, part.DropAt.In(local).Format(dayFormat))
	}
	c.printDeletions(s.VendorDeletions)
	if len(s.Acts) > 0 {
		c.printf("\n%-32s %-16s %8s  %-10s %s\n", "DESTROYED", "REASON", "RECORDS", "BY", "WHEN")
	}
	for _, act := range s.Acts {
		proven := "bytes not yet proven gone"
		if !act.Scrubbed.IsZero() {
			proven = "bytes proven gone"
		}
		c.printf("%-32s %-16s %8d  %-10s %s, %s\n", act.Part, act.Reason, act.Rows, act.Actor, humanize.Time(act.At), proven)
	}
	if len(s.Problems) > 0 {
		c.printf("\nPROBLEMS\n")
		for _, problem := range s.Problems {
			c.printf("  %s\n", problem)
		}
		return exitBroken, nil
	}
	c.printf("\nno problems\n")
	return exitOK, nil
}

func (c client) verify([]string) (int, error) {
	var v storage.Verification
	if err := c.call(http.MethodGet, "verify", nil, &v); err != nil {
		return exitFailed, err
	}
	if !v.OK {
		c.printf("BROKEN: row %d doesn't fit: %s\n", v.FirstBad, v.Problem)
		return exitBroken, nil
	}
	c.printf("ledger: %d rows, the chain is whole\nhead:   %s\n", v.Rows, v.Head)
	c.printf("months: %d sealed, each with a signed checkpoint\n", v.Segments)
	if v.Unresolved > 0 {
		c.printf("BROKEN: %d rows refer to a text that is missing or was changed\n", v.Unresolved)
		return exitBroken, nil
	}
	if v.Residual > 0 {
		c.printf("BROKEN: markers of %d destroyed tables are still in the database files\n", v.Residual)
		return exitBroken, nil
	}
	c.printf("bytes:  nothing of what was destroyed is found\n")
	if name, _ := c.flags.GetString("checkpoint"); name != "" {
		return c.compare(name)
	}
	return exitOK, nil
}

func (c client) purge([]string) (int, error) {
	query := url.Values{}
	if c.dryRun {
		query.Set("dry_run", "1")
	}
	var p Purge
	if err := c.call(http.MethodPost, "purge", query, &p); err != nil {
		return exitFailed, err
	}
	if c.dryRun {
		for _, part := range p.Due {
			c.printf("%s: %d records, to be deleted by %s\n", part.Name, part.Rows, part.DropAt.Format(dayFormat))
		}
		c.printf("%d day tables are past their window\n", len(p.Due))
		return exitOK, nil
	}
	for _, act := range p.Result.Dropped {
		c.printf("destroyed %s: %d records\n", act.Part, act.Rows)
	}
	c.printf("%d day tables destroyed, %d overdue, %d markers found as bytes\n", len(p.Result.Dropped), p.Result.Overdue, p.Result.Residual)
	if p.Result.Overdue > 0 || p.Result.Residual > 0 {
		return exitBroken, nil
	}
	return exitOK, nil
}

func (c client) export(args []string) (int, error) {
	c.json = true // an export is for machines and other people's eyes alike
	query, err := idQuery(args)
	if err != nil {
		return exitFailed, err
	}
	var held storage.Holding
	if err := c.post("held", query, &held); err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}

func (c client) erase(args []string) (int, error) {
	query, err := idQuery(args)
	if err != nil {
		return exitFailed, err
	}
	var acts []storage.Act
	if err := c.post("erase", query, &acts); err != nil {
		return exitFailed, err
	}
	c.printf("%s\n", destroyed(acts))
	return exitOK, nil
}
