package caddyfile_test

import (
	"fmt"
	"strings"
	"testing"
)

// inApp wraps an option of the global block, which then stands on line 3.
func inApp(option string) string { return "{\n\tconsent {\n" + option + "\n}\n}\n" }

// inGate wraps an option of the directive, which then stands on line 3.
func inGate(option string) string {
	return "http://mamen.ai {\n\tconsent_gate {\n" + option + "\n}\n}\n"
}

// inService wraps a line of a described service, which then stands on line 5.
func inService(option string) string {
	return inGate("service own {\ncategory statistics\n" + option + "\n}")
}

// TestRefusals holds that every wrong option is refused with file and line, and
// with what is allowed.
func TestRefusals(t *testing.T) {
	const appOptions = "choice_months, controller, cross_border, demo, downstream, holidays, ip, jurisdiction, policy, storage, timezone, window"
	const gateOptions = "banner, catalogue, encode, gallery, languages, necessary, service, service_worker, shared_cache, site, strict, texts, unknown"
	const serviceOptions = "category, collect, cookie, country, inline, keeps, name, retention, script, stub, vendor, visitor_id, window"
	tests := []struct {
		source string
		line   int
		want   string
	}{
		// the global option
		{"{\nconsent\nconsent\n}\n", 3, "given twice"},
		{"{\nconsent sqlite\n}\n", 2, "no argument 'sqlite'"},
		{inApp("retention 14mo"), 3, "no option 'retention': use one of " + appOptions},
		{inApp("demo\ndemo"), 4, "'demo' is given twice"},
		{inApp("demo yes"), 3, "one value too many: 'yes'"},
		{inApp("demo {\nip full\n}"), 4, "'demo' takes no block"},
		{inApp("storage"), 3, "storage sqlite <directory>"},
		{inApp("storage ./data"), 3, "storage sqlite <directory>"},
		{inApp("storage sqlite a b"), 3, "storage sqlite <directory>"},
		{inApp("storage postgres host"), 3, "use sqlite"},
		{inApp("storage sqlite a {\nmode 0700\n}"), 4, "'storage' takes no block"},
		{inApp("storage sqlite a\nstorage sqlite b"), 4, "'storage' is given twice"},
		{inApp("controller"), 3, "'controller' needs a value"},
		{inApp("controller a b"), 3, "one value too many: 'b'"},
		{inApp("controller a {\nphone 1\n}"), 4, "no option 'phone': use one of address, email, id"},
		{inApp("controller a {\nid 1\nid 2\n}"), 5, "'id' is given twice"},
		{inApp("controller a {\nemail nobody\n}"), 4, "write a plain address"},
		{inApp("controller a {\naddress\n}"), 4, "'address' needs a value"},
		{inApp("policy"), 3, "policy <YYYY-MM-DD> [<url> [<file>]]"},
		{inApp("policy 12.03.2025"), 3, "write it as YYYY-MM-DD"},
		{inApp("policy 2025-02-30"), 3, "write it as YYYY-MM-DD"},
		{inApp("policy 2025-03-12 /a b c"), 3, "policy <YYYY-MM-DD> [<url> [<file>]]"},
		{inApp("policy 2025-03-12 javascript:alert(1)"), 3, "write an https URL or a path"},
		{inApp("policy 2025-03-12 {\nversion 2\n}"), 4, "policy has no option 'version': use one of edition"},
		{inApp("policy 2025-03-12 {\nedition\n}"), 4, "edition <YYYY-MM-DD> [<url>]"},
		{inApp("policy 2025-03-12 {\nedition 2024-01-10 /a b\n}"), 4, "edition <YYYY-MM-DD> [<url>]"},
		{inApp("policy 2025-03-12 {\nedition 10.01.2024\n}"), 4, "write it as YYYY-MM-DD"},
		{inApp("policy 2025-03-12 {\nedition 2024-01-10 ftp://a.kz\n}"), 4, "edition 2024-01-10: policy URL \"ftp://a.kz\": write an https URL"},
		{inApp("policy 2025-03-12 {\nedition 2026-01-10\n}"), 4, "later than the one in force, of 2025-03-12"},
		{inApp("policy 2025-03-12 /a {\nedition 2025-03-12 /b\n}"), 4, "whose address stands behind policy"},
		{inApp("policy 2025-03-12 {\nedition 2024-01-10\nedition 2024-01-10\n}"), 5, "edition 2024-01-10 is given twice"},
		{inApp("policy 2025-03-12 {\nedition 2024-01-10 {\nkk_KZ x\n}\n}"), 5, "'kk_KZ' is no language"},
		{inApp("policy 2025-03-12 {\nedition 2024-01-10 {\nkk\n}\n}"), 5, "'kk' needs a value"},
		{inApp("policy 2025-03-12 {\nedition 2024-01-10 {\nkk a\nkk b\n}\n}"), 6, "'kk' is given twice"},
		{inApp("policy 2025-03-12 {\nedition 2024-01-10 {\nkk \"\"\n}\n}"), 4, "write what changed in kk"},
		{inApp("policy 2025-03-12 {\nedition 2024-01-10 {\nkk a {\nb\n}\n}\n}"), 6, "'kk' takes no block"},
		{inApp("timezone Asia/Atlantis"), 3, "IANA zone database, for example Asia/Almaty"},
		{inApp("timezone Local"), 3, "IANA zone database, for example Asia/Almaty"},
		{inApp(`timezone ""`), 3, "IANA zone database, for example Asia/Almaty"},
		{inApp("timezone"), 3, "'timezone' needs a value"},
		{inApp("jurisdiction Kazakhstan"), 3, "two capital letters"},
		{inApp("jurisdiction kz"), 3, "two capital letters"},
		{inApp("cross_border maybe"), 3, "use deny or allow"},
		{inApp("cross_border"), 3, "'cross_border' needs a value"},
		{inApp("window visits"), 3, "window <kind> 14mo"},
		{inApp("window visits 25mo"), 3, "allows 14mo or 24mo"},
		{inApp("window visits 14"), 3, "allows 14mo or 24mo"},
		{inApp("window Visits-1 14mo"), 3, "small letters, digits and _"},
		{inApp("window visits 14mo\nwindow visits 24mo"), 4, "given twice"},
		{inApp("ip hashed"), 3, "use masked or full"},
		{inApp("choice_months 0"), 3, "from 1 to 12"},
		{inApp("choice_months 13"), 3, "from 1 to 12"},
		{inApp("choice_months six"), 3, "from 1 to 12"},
		{inApp("holidays"), 3, "'holidays' needs a value"},
		{inApp(`holidays ""`), 3, "write the name of a JSON file"},
		{inApp("holidays 2026 2027"), 3, "one value too many: '2027'"},
		{inApp("holidays a.json {\n2026\n}"), 4, "'holidays' takes no block"},
		{inApp("holidays a.json\nholidays b.json"), 4, "'holidays' is given twice"},
		{inApp("downstream matomo"), 3, "matomo|posthog <base url>"},
		{inApp("downstream matomo matomo https://a b"), 3, "matomo|posthog <base url>"},
		{inApp("downstream matomo ga4 https://a.kz {\ntoken x\nsite 1\n}"), 6, "'ga4': use matomo or posthog"},
		{inApp("downstream matomo posthog https://a.kz {\ntoken x\nproject 1\n}"), 6, "'matomo' is asked by matomo, not by posthog"},
		{inApp("downstream yandex_metrica matomo https://a.kz {\ntoken x\nsite 1\n}"), 6, "offers no deletion of a single visitor"},
		{inApp("downstream matomo matomo a.kz {\ntoken x\nsite 1\n}"), 6, `address "a.kz"`},
		{inApp("downstream matomo matomo https://a.kz {\nsite 1\n}"), 5, "write token, for example token {env.MATOMO_TOKEN}"},
		{inApp("downstream matomo matomo https://a.kz {\ntoken x\n}"), 5, `site: ID ""`},
		{inApp("downstream matomo matomo https://a.kz {\ntoken x\nsite all\n}"), 6, `site: ID "all"`},
		{inApp("downstream matomo matomo https://a.kz {\ntoken x\nsite 1\nproject 1\n}"), 7, "matomo has no project: write site <number>"},
		{inApp("downstream posthog posthog https://a.kz {\ntoken x\nsite 1\n}"), 6, "posthog has no site: write project <number>"},
		{inApp("downstream matomo matomo https://a.kz {\nkey x\n}"), 4, "no option 'key': use one of project, site, token"},
		{inApp("downstream matomo matomo https://a.kz {\ntoken x\nsite 1\n}\ndownstream matomo matomo https://b.kz {\ntoken x\nsite 1\n}"), 7, "downstream of 'matomo' is given twice"},

		// the directive
		{"http://mamen.ai {\nconsent_gate /a strict\n}\n", 2, "no argument 'strict'"},
		{inGate("block all"), 3, "no option 'block': use one of " + gateOptions},
		{inGate("unknown block\nunknown block"), 4, "'unknown' is given twice"},
		{inGate("unknown"), 3, "'unknown' needs a value"},
		{inGate("unknown deny"), 3, "use allow or block"},
		{inGate("unknown block now"), 3, "one value too many: 'now'"},
		{inGate("unknown block {\nall\n}"), 4, "'unknown' takes no block"},
		{inGate("site https://mamen.ai"), 3, "write the domain alone"},
		{inGate("site *.mamen.ai"), 3, "write the domain alone"},
		{inGate("site localhost"), 3, "write the domain alone"},
		{inGate("languages"), 3, "needs at least one value"},
		{inGate("languages de"), 3, "use ru, kk or en"},
		{inGate("languages ru kk ru"), 3, "'ru' is given twice"},
		{inGate("necessary"), 3, "needs at least one value"},
		{inGate("necessary *"), 3, "write a host name such as cdn.example.com"},
		{inGate("necessary cdn.*.com"), 3, "* may only stand for the first label"},
		{inGate(`necessary "a.example; script-src *"`), 3, "only letters, digits and"},
		{inGate("necessary ftp://cdn.example.com"), 3, "scheme must be https, http, wss or ws"},
		{inGate("strict"), 3, "write report or enforce"},
		{inGate("strict always"), 3, "write report or enforce"},
		{inGate("strict enforce *"), 3, "write a host name such as cdn.example.com"},
		{inGate("strict report\nstrict report"), 4, "'strict' is given twice"},
		{inGate("encode"), 3, "encode"},
		{inGate("encode br"), 3, "encode 'br': use zstd or gzip, or off alone"},
		{inGate("encode gzip off"), 3, "encode 'off': use zstd or gzip, or off alone"},
		{inGate("encode gzip zstd gzip"), 3, "encode: 'gzip' is given twice"},
		{inGate("shared_cache"), 3, "'shared_cache' needs a value"},
		{inGate("shared_cache always"), 3, "shared_cache 'always': write a duration from 1s to 1h"},
		{inGate("shared_cache 0"), 3, "shared_cache 0s: write a duration from 1s to 1h"},
		{inGate("shared_cache 2h"), 3, "shared_cache 2h0m0s: write a duration from 1s to 1h"},
		{inGate("shared_cache 1m 2m"), 3, "one value too many: '2m'"},
		{inGate("service_worker"), 3, "write clear, or remove"},
		{inGate("service_worker clear now"), 3, "write clear, or remove"},
		{inGate("service_worker remove"), 3, "write clear, or remove"},
		{inGate("service_worker remove sw.js"), 3, "a path begins with /"},
		{inGate("service_worker clear\nservice_worker clear"), 4, "'clear' is given twice"},
		{inGate("banner top"), 3, "one value too many: 'top'"},
		{inGate("banner {\nsize big\n}"), 4, "no option 'size': use one of accent, css, font, logo, position, radius, template"},
		{inGate("banner {\nposition left\n}"), 4, "use bottom, top or corner"},
		{inGate("banner {\naccent blue\n}"), 4, "#rrggbb"},
		{inGate("banner {\naccent #0b6bcb\n}"), 4, "a bare # begins a comment"},
		{inGate("banner {\nposition top\nposition top\n}"), 5, "'position' is given twice"},
		{inGate("banner {\nposition top\n}\nbanner {\nposition top\n}"), 6, "'banner' is given twice"},
		{inGate("banner {\nradius\n}"), 4, "'radius' needs a value"},
		{inGate("banner {\nradius 8px\n}"), 4, "from 0 to 32, without a unit"},
		{inGate("banner {\nradius -1\n}"), 4, "from 0 to 32"},
		{inGate("banner {\nradius 33\n}"), 4, "from 0 to 32"},
		{inGate("banner {\nradius 8 8\n}"), 4, "one value too many: '8'"},
		{inGate("banner {\nfont Arial\n}"), 4, "use system or inherit"},
		{inGate("banner {\nlogo\n}"), 4, "'logo' needs a value"},
		{inGate("banner {\nlogo \"\"\n}"), 4, "logo: write the name of a file"},
		{inGate("banner {\ncss a.css b.css\n}"), 4, "one value too many: 'b.css'"},
		{inGate("banner {\ncss a.css\ncss b.css\n}"), 5, "'css' is given twice"},
		{inGate("banner {\ntemplate a.html {\nx\n}\n}"), 5, "'template' takes no block"},

		// texts and languages from files
		{inGate("texts"), 3, "'texts' needs a value"},
		{inGate(`texts ""`), 3, "texts: write the name of a file"},
		{inGate("texts uz.json kk.json"), 3, "one value too many: 'kk.json'"},
		{inGate("texts uz.json\ntexts uz.json"), 4, "'uz.json' is given twice"},
		{inGate("unknown block\nlanguages ru uz"), 4, "use ru, kk or en, or give it texts"},
		{inGate("languages ru uz-UZ\ntexts uz.json"), 3, "the code of a language alone"},
		{inGate("gallery on"), 3, "one value too many: 'on'"},
		{inGate("gallery\ngallery"), 4, "'gallery' is given twice"},

		// files of services
		{inGate("catalogue"), 3, "'catalogue' needs a value"},
		{inGate(`catalogue ""`), 3, "write the name of a file"},
		{inGate("catalogue a.json b.json"), 3, "one value too many: 'b.json'"},
		{inGate("catalogue a.json {\nb.json\n}"), 4, "'catalogue' takes no block"},
		{inGate("service matomo\ncatalogue a.json\nservice Own-1 {\ncategory statistics\ncookie own_*\n}"), 8, "small letter"},
		{inGate("catalogue a.json\nservice own own"), 4, "listed twice"},

		// services
		{inGate("service"), 3, "write IDs of the catalogue"},
		{inGate("service matomoo"), 3, `"matomoo" isn't in the catalogue: describe it, or use one of abtasty, `},
		{inGate("service matomo matomo"), 3, "listed twice"},
		{inGate("service matomo\nservice matomo"), 4, "listed twice"},
		{inGate("service visits {\nkeeps 1y\n}"), 5, "only its name and window can be changed"},
		{inGate("service visits {\ncategory necessary\ncookie own_*\n}"), 6, "only its name and window can be changed"},
		{inGate("service matomo ga4 {\nwindow 24mo\n}"), 5, "describes one service"},
		{inGate("service own {\nscript a.example.com\n}"), 5, "needs a category: use necessary, functional, statistics or marketing"},
		{inGate("service own {\ncookie own_*\n}"), 5, "needs a category"},
		{inService("keeps"), 5, "keeps: write how long, for example 13mo"},
		{inService("keeps 1w"), 5, `term "1w": write a length such as 30min`},
		{inService("keeps 24-1mo"), 5, "the shorter end comes first"},
		{inService("keeps 1y {\ncookies\n}"), 6, "'keeps' takes no block"},
		{inService("cookie own_id\nkeeps 1y other_id"), 7, `keeps "other_id": use one of cookies, data, recordings or one of the service's cookies`},
		{inService("cookie own_id\nkeeps 1y\nkeeps 2y"), 8, "it is said twice"},
		{inGate("service ga4 matomo {\nkeeps 1y\n}"), 5, "a block describes one service"},
		{inGate("service own {\nretention forever\n}"), 5, "needs a category"},
		{inGate("service own {\nname Own\n}"), 5, "isn't in the catalogue"},
		{inGate("service own {\ncategory statistics\n}"), 5, "nothing by which it is known"},
		{inGate("service Own-1 {\ncategory statistics\ncookie own_*\n}"), 6, "small letter"},
		{inGate("service own {\ncategory analytics\n}"), 4, "use one of necessary, functional, statistics, marketing"},
		{inService("category marketing"), 5, "'category' is given twice"},
		{inService("hosts a.example.com"), 5, "no option 'hosts': use one of " + serviceOptions},
		{inService("script"), 5, "a host, a host and paths, or paths"},
		{inService("script a.example.com b.example.com"), 5, "after the host come paths"},
		{inService("script https://a.example.com/x.js"), 6, `pattern "https://a.example.com/x.js"`},
		{inService("script a.*.com"), 6, `pattern "a.*.com"`},
		{inService("collect"), 5, "a host, a host and paths, or paths"},
		{inService("inline"), 5, "needs at least one value"},
		{inService("inline x("), 6, "at least 8 characters"},
		{inService("cookie *"), 6, "at least 3 characters"},
		{inService("cookie own_*\nvisitor_id other_id"), 7, "one of the service's cookies"},
		{inService("cookie own_*\nstub own.push"), 7, "a global's name"},
		{inService("cookie own_*\ncountry Kazakhstan"), 7, "ISO 3166-1 alpha-2 code such as KZ"},
		{inService("window 25mo"), 5, "allows 14mo or 24mo"},
		{inService("window 24mo\nwindow 24mo"), 6, "'window' is given twice"},
		{inService("name a b"), 5, "one value too many: 'b'"},
		{inService("cookie own_* {\npath /\n}"), 6, "'cookie' takes no block"},
	}
	for _, test := range tests {
		_, _, err := adapt(test.source, "Caddyfile")
		switch {
		case err == nil:
			t.Errorf("accepted:\n%s", test.source)
		case !strings.Contains(err.Error(), test.want):
			t.Errorf("message %q lacks %q for:\n%s", err, test.want, test.source)
		case !strings.Contains(err.Error(), fmt.Sprintf("Caddyfile:%d", test.line)):
			t.Errorf("message %q doesn't name line %d of:\n%s", err, test.line, test.source)
		}
	}
}

// FuzzAdapt looks for input on which the parsers panic, and for what they let
// through and can't be written as JSON.
func FuzzAdapt(f *testing.F) {
	for _, option := range []string{
		"unknown block", "service own {\ncategory statistics\ncookie own_*\n}", "banner {\naccent \"#0b6bcb\"\n}",
		"necessary *.example.com", "languages kk ru en", "site mamen.ai", "service matomo {\nwindow 24mo\n}", "}{", "service a {", "\"",
	} {
		f.Add(option, "storage sqlite ./data")
	}
	for _, option := range []string{
		"controller a {\nid 1\n}", "policy 2025-03-12 /privacy.pdf", "window visits 14mo", "choice_months 6", "demo {", "timezone ../../etc/passwd",
	} {
		f.Add("unknown allow", option)
	}
	f.Fuzz(func(t *testing.T, gate, app string) {
		if strings.Contains(gate+app, "import") || strings.Contains(gate+app, "{$") {
			return // it would read files and the environment
		}
		raw, _, err := adapt(inApp(app)+inGate(gate), "Caddyfile")
		if err == nil && len(raw) == 0 {
			t.Error("neither a configuration nor an error")
		}
	})
}
