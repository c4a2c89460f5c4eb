package caddyfile

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/module"
	"github.com/mamen-ai/consentgate/storage"
)

// parseApp reads the global option. Syntax:
//
//	consent {
//		storage sqlite <directory>
//		controller <name> {
//			id      <registration number>
//			address <postal address>
//			email   <address>
//		}
//		policy        <YYYY-MM-DD> [<url> [<file>]] {
//			edition <YYYY-MM-DD> [<url>] {
//				<language> <what it changed>
//			}
//		}
//		timezone      <IANA name>
//		jurisdiction  <country code>
//		cross_border  deny|allow
//		window        <kind> 14mo|24mo
//		ip            masked|full
//		choice_months <1-12>
//		holidays      <file>
//		downstream <service> matomo|posthog <base url> {
//			token   <token>
//			site    <number> // of Matomo
//			project <number> // of PostHog
//		}
//		demo
//	}
func parseApp(d *caddyfile.Dispenser, existing any) (any, error) {
	d.Next() // the option's name
	if existing != nil {
		return nil, d.Err("the global option consent is given twice")
	}
	app := new(module.App)
	if d.NextArg() {
		return nil, d.Errf("consent has no argument '%s': its options stand in a block", d.Val())
	}
	err := block{Dispenser: d, name: "consent", repeat: []string{"window", "downstream"}, options: map[string]func() error{
		"storage":       func() error { return parseStorage(d, app) },
		"controller":    func() error { return parseController(d, app) },
		"policy":        func() error { return parsePolicy(d, app) },
		"timezone":      parsed(d, &app.Timezone, parseTimezone),
		"jurisdiction":  parsed(d, &app.Jurisdiction, parseCountry),
		"cross_border":  oneOf(d, &app.CrossBorder, "deny", "allow"),
		"window":        func() error { return parseWindow(d, app) },
		"ip":            oneOf(d, &app.IP, "masked", "full"),
		"choice_months": func() error { return parseMonths(d, app) },
		"holidays":      parsed(d, &app.Holidays, parseHolidays),
		"downstream":    func() error { return parseDownstream(d, app) },
		"demo": func() error {
			app.Demo = true
			return noMore(d, "demo")
		},
	}}.parse()
	if err != nil {
		return nil, err
	}
	return httpcaddyfile.App{Name: "consent", Value: caddyconfig.JSON(app, nil)}, nil
}

func parseStorage(d *caddyfile.Dispenser, app *module.App) error {
	app.Storage = new(module.Storage)
	args := d.RemainingArgs()
	if len(args) != 2 {
		return d.Errf("storage: write 'storage sqlite <directory>'")
	}
	if args[0] != "sqlite" {
		return d.Errf("storage '%s': use sqlite", args[0])
	}
	app.Storage.Driver, app.Storage.Path = args[0], args[1]
	return nil
}

func parseController(d *caddyfile.Dispenser, app *module.App) error {
	app.Controller = new(module.Controller)
	if err := one(d, &app.Controller.Name)(); err != nil {
		return err
	}
	return block{Dispenser: d, name: "controller", options: map[string]func() error{
		"id":      one(d, &app.Controller.ID),
		"address": one(d, &app.Controller.Address),
		"email":   parsed(d, &app.Controller.Email, parseEmail),
	}}.parse()
}

func parsePolicy(d *caddyfile.Dispenser, app *module.App) error {
	app.Policy = new(module.Policy)
	args := d.RemainingArgs()
	if len(args) < 1 || len(args) > 3 {
		return d.Errf("policy: write 'policy <YYYY-MM-DD> [<url> [<file>]]'")
	}
	edition, err := policy.ParseDay(args[0])
	if err != nil {
		return d.WrapErr(err)
	}
	app.Policy.Edition = edition
	if len(args) == 3 {
		app.Policy.File = args[2]
	}
	if len(args) >= 2 {
		app.Policy.URL = args[1]
		if err := checkBanner(banner.Options{PolicyURL: app.Policy.URL}); err != nil {
			return d.WrapErr(err)
		}
	}
	return block{Dispenser: d, name: "policy", repeat: []string{"edition"}, options: map[string]func() error{
		"edition": func() error { return parseEdition(d, app.Policy) },
	}}.parse()
}

func parseEmail(text string) (string, error) {
	return text, checkBanner(banner.Options{Controller: banner.Controller{Email: text}})
}

// parseHolidays reads the name of a file, which is read itself when the
// configuration is loaded.
func parseHolidays(text string) (string, error) {
	if text == "" {
		return "", errors.New("holidays: write the name of a JSON file of years")
	}
	return text, nil
}

func parseTimezone(text string) (string, error) {
	if _, err := time.LoadLocation(text); err != nil || text == "" || text == "Local" {
		return "", fmt.Errorf("timezone '%s': use a name of the IANA zone database, for example Asia/Almaty", text)
	}
	return text, nil
}

func parseCountry(text string) (string, error) {
	if len(text) != 2 || text[0] < 'A' || text[0] > 'Z' || text[1] < 'A' || text[1] > 'Z' {
		return "", fmt.Errorf("'%s' is no country code: use two capital letters of ISO 3166-1, for example KZ", text)
	}
	return text, nil
}

func parseWindow(d *caddyfile.Dispenser, app *module.App) error {
	args := d.RemainingArgs()
	if len(args) != 2 {
		return d.Errf("window: write 'window <kind> 14mo' or 'window <kind> 24mo'")
	}
	if !storage.ValidKind(args[0]) {
		return d.Errf("window of '%s': a kind has small letters, digits and _, and begins with a letter", args[0])
	}
	window, err := policy.ParseWindow(args[1])
	if err != nil {
		return d.WrapErr(err)
	}
	if _, ok := app.Windows[args[0]]; ok {
		return d.Errf("the window of '%s' is given twice", args[0])
	}
	if app.Windows == nil {
		app.Windows = make(map[string]policy.Window)
	}
	app.Windows[args[0]] = window
	return nil
}

func parseMonths(d *caddyfile.Dispenser, app *module.App) error {
	var text string
	if err := one(d, &text)(); err != nil {
		return err
	}
	months, err := strconv.Atoi(text)
	if err != nil || months < 1 || months > 12 {
		return d.Errf("choice_months '%s': use a number from 1 to 12", text)
	}
	app.ChoiceMonths = months
	return nil
}
