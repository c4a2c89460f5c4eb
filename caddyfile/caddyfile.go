// Package caddyfile turns the Caddyfile's global option "consent" and the
// directive "consent_gate" into the structs of package module. It is the one
// import a custom build of Caddy needs:
//
//	xcaddy build --with github.com/mamen-ai/consentgate/caddyfile
//
// It owns syntax and the messages about it. What an option means is package
// module's business, and values are checked there once more, since a
// configuration may also be written in JSON.
package caddyfile

import (
	"maps"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
)

func init() {
	httpcaddyfile.RegisterGlobalOption("consent", parseApp)
	httpcaddyfile.RegisterHandlerDirective("consent_gate", parseHandler)
	// encode stands outside of us, so that pages reach us uncompressed and the
	// visitor gets what was negotiated.
	httpcaddyfile.RegisterDirectiveOrder("consent_gate", httpcaddyfile.After, "encode")
}

// block reads the options of one block and refuses what is unknown or repeated.
type block struct {
	*caddyfile.Dispenser
	name    string
	options map[string]func() error
	repeat  []string // options that may come more than once
}

// parse reads the block that follows; the dispenser stands on the block's name
// and its arguments have been read.
func (b block) parse() error {
	seen := make(map[string]bool)
	for nesting := b.Nesting(); b.NextBlock(nesting); {
		option := b.Val()
		read, known := b.options[option]
		if !known {
			return b.Errf("%s has no option '%s': use one of %s", b.name, option, strings.Join(slices.Sorted(maps.Keys(b.options)), ", "))
		}
		if seen[option] && !slices.Contains(b.repeat, option) {
			return b.Errf("%s: option '%s' is given twice", b.name, option)
		}
		seen[option] = true
		if err := read(); err != nil {
			return err
		}
		if b.NextBlock(b.Nesting()) { // an option that has a block has read it
			return b.Errf("'%s' takes no block", option)
		}
	}
	return nil
}

// one reads the option's single argument.
func one(d *caddyfile.Dispenser, target *string) func() error {
	return func() error {
		option := d.Val()
		if !d.NextArg() {
			return d.Errf("'%s' needs a value", option)
		}
		*target = d.Val()
		return noMore(d, option)
	}
}

// file reads the name of a file. The file itself is read when the configuration is
// loaded, which may be elsewhere.
func file(d *caddyfile.Dispenser, target *string) func() error {
	return func() error {
		option := d.Val()
		if err := one(d, target)(); err != nil {
			return err
		}
		if *target == "" {
			return d.Errf("%s: write the name of a file", option)
		}
		return nil
	}
}

// flag reads an option that stands alone.
func flag(d *caddyfile.Dispenser, target *bool) func() error {
	return func() error {
		*target = true
		return noMore(d, d.Val())
	}
}

// oneOf reads the option's single argument and refuses any but the allowed.
func oneOf(d *caddyfile.Dispenser, target *string, allowed ...string) func() error {
	return func() error {
		option := d.Val()
		if err := one(d, target)(); err != nil {
			return err
		}
		if !slices.Contains(allowed, *target) {
			return d.Errf("%s '%s': use %s", option, *target, alternatives(allowed))
		}
		return nil
	}
}

func alternatives(allowed []string) string {
	if len(allowed) == 1 {
		return allowed[0]
	}
	return strings.Join(allowed[:len(allowed)-1], ", ") + " or " + allowed[len(allowed)-1]
}

// some reads one or more arguments and appends them.
func some(d *caddyfile.Dispenser, target *[]string) func() error {
	return func() error {
		option := d.Val()
		args := d.RemainingArgs()
		if len(args) == 0 {
			return d.Errf("'%s' needs at least one value", option)
		}
		*target = append(*target, args...)
		return nil
	}
}

// parsed reads the option's single argument through a parser.
func parsed[T any](d *caddyfile.Dispenser, target *T, parse func(string) (T, error)) func() error {
	return func() error {
		var text string
		if err := one(d, &text)(); err != nil {
			return err
		}
		value, err := parse(text)
		if err != nil {
			return d.WrapErr(err)
		}
		*target = value
		return nil
	}
}

func noMore(d *caddyfile.Dispenser, option string) error {
	if d.NextArg() {
		return d.Errf("'%s' has one value too many: '%s'", option, d.Val())
	}
	return nil
}
