package module

import (
	"fmt"

	"github.com/caddyserver/caddy/v2"
	"github.com/mamen-ai/consentgate/internal/policy"
)

// readHolidays reads the calendar by which requests are due.
func (a *App) readHolidays() (err error) {
	if a.Holidays == "" {
		a.calendar, err = policy.BuiltinCalendar()
		return err
	}
	path, err := caddy.NewReplacer().ReplaceOrErr(a.Holidays, true, true)
	if err != nil {
		return fmt.Errorf("holidays: %w", err)
	}
	a.calendar, err = policy.ReadCalendar(path)
	return err
}

// today is the local day, by which requests are judged.
func (a *App) today() policy.Day { return policy.DayOf(a.now(), a.location) }
