package caddyfile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/module"
)

// parseHandler reads the directive. Syntax:
//
//	consent_gate [<matcher>] {
//		site      <domain>
//		languages <kk|ru|en...>
//		texts     <file>
//		catalogue <file>
//		service   <catalogue IDs...>
//		service   <ID> {
//			name      <text>
//			vendor    <text>
//			category  necessary|functional|statistics|marketing
//			script    <host> [<paths...>] | <paths...>
//			collect   <host> [<paths...>] | <paths...>
//			inline    <markers...>
//			stub      <globals...>
//			cookie    <patterns...>
//			visitor_id <cookie patterns...>
//			country   <codes...>
//			window    14mo|24mo
//			retention <text>
//			keeps     <length> [<cookies|data|recordings|cookie patterns...>]
//		}
//		necessary <hosts...>
//		unknown   allow|block
//		strict    report|enforce [<hosts...>]
//		service_worker clear
//		service_worker remove <paths...>
//		encode    <zstd|gzip...> | off
//		shared_cache <duration>
//		banner {
//			position bottom|top|corner
//			accent   <#rrggbb>
//			radius   <px>
//			font     system|inherit
//			logo     <file>
//			css      <file>
//			template <file>
//		}
//		gallery
//	}
func parseHandler(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	d := h.Dispenser
	d.Next() // the directive's name
	if d.NextArg() {
		return nil, d.Errf("consent_gate has no argument '%s': its options stand in a block", d.Val())
	}
	handler := new(module.Handler)
	var services []place
	var languages *caddyfile.Dispenser // where they were named
	err := block{Dispenser: d, name: "consent_gate", repeat: []string{"catalogue", "service", "necessary", "service_worker", "texts"}, options: map[string]func() error{
		"site":           parsed(d, &handler.Site, parseSite),
		"languages":      func() error { return parseLanguages(d, handler, &languages) },
		"texts":          func() error { return parseTexts(d, handler) },
		"catalogue":      func() error { return parseCatalogue(d, handler) },
		"service":        func() error { return parseService(d, handler, &services) },
		"necessary":      func() error { return parseNecessary(d, handler) },
		"unknown":        oneOf(d, &handler.Unknown, "allow", "block"),
		"strict":         func() error { return parseStrict(d, handler) },
		"service_worker": func() error { return parseServiceWorker(d, handler) },
		"encode":         func() error { return parseEncode(d, handler) },
		"shared_cache":   parsed(d, &handler.SharedCache, parseSharedCache),
		"banner":         func() error { return parseBanner(d, handler) },
		"gallery":        flag(d, &handler.Gallery),
	}}.parse()
	if err == nil {
		err = checkLanguages(handler, languages)
	}
	if err != nil {
		return nil, err
	}
	return handler, checkServices(handler, services)
}

func parseSite(text string) (string, error) {
	site := strings.ToLower(text)
	if strings.ContainsAny(site, ":/*") || !strings.Contains(site, ".") {
		return "", fmt.Errorf("site '%s': write the domain alone, for example mamen.ai; its sub-domains belong to it", text)
	}
	return site, nil
}

func parseSharedCache(text string) (caddy.Duration, error) {
	t, err := caddy.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("shared_cache '%s': write a duration from 1s to 1h", text)
	}
	return caddy.Duration(t), module.CheckSharedCache(caddy.Duration(t))
}

func parseBanner(d *caddyfile.Dispenser, handler *module.Handler) error {
	if err := noMore(d, "banner"); err != nil {
		return err
	}
	handler.Banner = new(module.Banner)
	look := handler.Banner
	return block{Dispenser: d, name: "banner", options: map[string]func() error{
		"position": oneOf(d, &look.Position, "bottom", "top", "corner"),
		"accent":   func() error { return parseAccent(d, look) },
		"radius":   parsed(d, &look.Radius, parseRadius),
		"font":     oneOf(d, &look.Font, "system", "inherit"),
		"logo":     file(d, &look.Logo),
		"css":      file(d, &look.CSS),
		"template": file(d, &look.Template),
	}}.parse()
}

func parseRadius(text string) (*int, error) {
	radius, err := strconv.Atoi(text)
	if err == nil {
		err = checkBanner(banner.Options{Radius: &radius})
	}
	if err != nil {
		return nil, fmt.Errorf("radius '%s': write a number of CSS pixels from 0 to 32, without a unit", text)
	}
	return &radius, nil
}

func parseAccent(d *caddyfile.Dispenser, look *module.Banner) error {
	args := d.RemainingArgs()
	if len(args) != 1 {
		return d.Errf(`accent: write one colour in quotes, for example accent "#0b6bcb"; a bare # begins a comment`)
	}
	look.Accent = args[0]
	if err := checkBanner(banner.Options{Accent: look.Accent}); err != nil {
		return d.WrapErr(err)
	}
	return nil
}

// checkBanner asks package banner about the options that are given: its rules,
// told here with file and line.
func checkBanner(options banner.Options) error {
	_, err := banner.New(options)
	return err
}

// parseNecessary reads hosts as a Content-Security-Policy names them.
func parseNecessary(d *caddyfile.Dispenser, handler *module.Handler) error {
	if err := some(d, &handler.Necessary)(); err != nil {
		return err
	}
	nothing, err := catalogue.New(nil)
	if err != nil {
		return err
	}
	if _, err := gate.New(gate.Options{Catalogue: nothing, Necessary: handler.Necessary}); err != nil {
		return d.WrapErr(err)
	}
	return nil
}

// parseCatalogue reads the name of a file of services, which is read when the
// configuration is loaded.
func parseCatalogue(d *caddyfile.Dispenser, handler *module.Handler) error {
	var name string
	if err := file(d, &name)(); err != nil {
		return err
	}
	handler.Catalogues = append(handler.Catalogues, name)
	return nil
}

// place is where in the Caddyfile a service was described, and how many there
// were by then.
type place struct {
	caddyfile.Dispenser
	services int
}

// checkServices checks the services one place after the other, so that a message
// names the line. It comes after the whole block, since a file of services may be
// named below what refers to it.
func checkServices(handler *module.Handler, places []place) error {
	for _, p := range places {
		upTo := module.Handler{Catalogues: handler.Catalogues, Services: handler.Services[:p.services]}
		if err := upTo.CheckServices(); err != nil {
			return p.WrapErr(err)
		}
	}
	return nil
}

// parseService reads names of the catalogue, or one service with its
// description.
func parseService(d *caddyfile.Dispenser, handler *module.Handler, places *[]place) error {
	names := d.RemainingArgs()
	if len(names) == 0 {
		return d.Errf("service: write IDs of the catalogue, or one ID and a block that describes it")
	}
	service := catalogue.Service{ID: names[0]}
	categorised := false
	err := block{Dispenser: d, name: "service " + names[0], repeat: []string{"script", "collect", "inline", "cookie", "keeps"}, options: map[string]func() error{
		"name":   one(d, &service.Name),
		"vendor": one(d, &service.Vendor),
		"category": func() error {
			categorised = true
			return parsed(d, &service.Category, consent.ParseCategory)()
		},
		"script":     patterns(d, &service.Scripts),
		"collect":    patterns(d, &service.Collect),
		"inline":     some(d, &service.Inline),
		"stub":       some(d, &service.Stubs),
		"cookie":     some(d, &service.Cookies),
		"visitor_id": some(d, &service.VisitorID),
		"country":    some(d, &service.Countries),
		"window":     parsed(d, &service.Window, policy.ParseWindow),
		"retention":  one(d, &service.Retention),
		"keeps":      func() error { return parseKeeps(d, &service) },
	}}.parse()
	if err != nil {
		return err
	}
	described := categorised || !module.IsReference(service)
	switch adjusted := described || service.Name != "" || service.Window != 0 || len(service.Keeps) > 0; {
	case adjusted && len(names) > 1:
		return d.Errf("service: a block describes one service, not %s", strings.Join(names, ", "))
	case described && !categorised:
		// Without one it would be necessary: never blocked, and never asked about.
		return d.Errf("service %s: a description needs a category: use %s", service.ID, alternatives(consent.CategoryNames()))
	case described && service.Name == "":
		service.Name = service.ID
	}
	handler.Services = append(handler.Services, service)
	for _, name := range names[1:] {
		handler.Services = append(handler.Services, catalogue.Service{ID: name})
	}
	*places = append(*places, place{*d, len(handler.Services)})
	return nil
}

// parseKeeps reads a length and the things that are kept for it, all of them where
// none is named.
func parseKeeps(d *caddyfile.Dispenser, service *catalogue.Service) error {
	args := d.RemainingArgs()
	if len(args) == 0 {
		return d.Errf("keeps: write how long, for example 13mo, and perhaps what: %s or cookies of the service", strings.Join(catalogue.KeptThings(), ", "))
	}
	term, err := policy.ParseTerm(args[0])
	if err != nil {
		return d.WrapErr(err)
	}
	if len(args) == 1 {
		args = append(args, "")
	}
	for _, what := range args[1:] {
		service.Keeps = append(service.Keeps, catalogue.Keep{What: what, For: term})
	}
	return nil
}

// patterns reads a host with its paths, or paths of the site's own hosts.
func patterns(d *caddyfile.Dispenser, target *[]string) func() error {
	return func() error {
		option := d.Val()
		args := d.RemainingArgs()
		if len(args) == 0 {
			return d.Errf("'%s' needs a host, a host and paths, or paths", option)
		}
		host := ""
		if !strings.HasPrefix(args[0], "/") {
			host, args = args[0], args[1:]
		}
		if len(args) == 0 {
			*target = append(*target, host)
		}
		for _, path := range args {
			if !strings.HasPrefix(path, "/") {
				return d.Errf("%s '%s': after the host come paths, which begin with /", option, path)
			}
			*target = append(*target, host+path)
		}
		return nil
	}
}
