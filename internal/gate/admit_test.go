package gate

import (
	"slices"
	"testing"
)

// The table of what the edge's insertions need in a policy of the site. Each
// case was chosen for a way in which adding too much or too little breaks a
// site: a hash beside 'unsafe-inline' switches the site's own inline scripts
// off, a missing one stops the banner.
func TestSitePoliciesAdmitTheInsertions(t *testing.T) {
	a := Admission{Scripts: []string{"'sha256-S'"}, Styles: []string{"'sha256-T'"}, Origin: "https://mamen.ai", Prefix: "/.privacy/"}
	for name, c := range map[string]struct{ in, want string }{
		"empty":                         {"", ""},
		"no fetch directive":            {"frame-ancestors 'none'", "frame-ancestors 'none'"},
		"upgrade only":                  {"upgrade-insecure-requests", "upgrade-insecure-requests"},
		"unsafe-inline everywhere":      {"default-src 'self' 'unsafe-inline'", "default-src 'self' 'unsafe-inline'"},
		"unsafe-inline for scripts":     {"script-src 'self' 'unsafe-inline'", "script-src 'self' 'unsafe-inline'"},
		"script hosts":                  {"script-src 'self' cdn.example", "script-src 'self' cdn.example 'sha256-S'"},
		"script none":                   {"script-src 'none'", "script-src 'sha256-S'"},
		"script nonce":                  {"script-src 'nonce-r4nd0m'", "script-src 'nonce-r4nd0m' 'sha256-S'"},
		"nonce with unsafe-inline":      {"script-src 'nonce-r4nd0m' 'unsafe-inline'", "script-src 'nonce-r4nd0m' 'unsafe-inline' 'sha256-S'"},
		"hash with unsafe-inline":       {"script-src 'sha256-x' 'unsafe-inline'", "script-src 'sha256-x' 'unsafe-inline' 'sha256-S'"},
		"sha384":                        {"script-src 'sha384-x' 'unsafe-inline'", "script-src 'sha384-x' 'unsafe-inline' 'sha256-S'"},
		"strict-dynamic":                {"script-src 'strict-dynamic' 'nonce-r'", "script-src 'strict-dynamic' 'nonce-r' 'sha256-S'"},
		"strict-dynamic, unsafe-inline": {"script-src 'unsafe-inline' 'strict-dynamic' https:", "script-src 'unsafe-inline' 'strict-dynamic' https: 'sha256-S'"},
		"script-src-elem wins":          {"script-src 'unsafe-inline'; script-src-elem 'self'", "script-src 'unsafe-inline'; script-src-elem 'self' 'sha256-S'"},
		"script-src-elem unsafe-inline": {"script-src 'self'; script-src-elem 'unsafe-inline'", "script-src 'self'; script-src-elem 'unsafe-inline'"},
		"style hosts":                   {"style-src 'self'", "style-src 'self' 'sha256-T'"},
		"style unsafe-inline":           {"style-src 'self' 'unsafe-inline'", "style-src 'self' 'unsafe-inline'"},
		"default only": {"default-src 'self'",
			"default-src 'self'; script-src-elem 'self' 'sha256-S'; style-src-elem 'self' 'sha256-T'"},
		"default none": {"default-src 'none'",
			"default-src 'none'; script-src-elem 'sha256-S'; style-src-elem 'sha256-T'; connect-src https://mamen.ai/.privacy/; frame-src https://mamen.ai/.privacy/"},
		"default none, scripts unsafe-inline": {"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'",
			"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-src https://mamen.ai/.privacy/"},
		"connect elsewhere": {"connect-src api.example", "connect-src api.example https://mamen.ai/.privacy/"},
		"connect none":      {"connect-src 'none'", "connect-src https://mamen.ai/.privacy/"},
		"connect anywhere":  {"connect-src *", "connect-src *"},
		"frames elsewhere":  {"frame-src video.example", "frame-src video.example https://mamen.ai/.privacy/"},
		"frames by child-src": {"default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; child-src 'none'",
			"default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; child-src 'none'; frame-src https://mamen.ai/.privacy/"},
		"frames self":      {"frame-src 'self'; child-src 'none'", "frame-src 'self'; child-src 'none'"},
		"form-action none": {"form-action 'none'", "form-action https://mamen.ai/.privacy/"},
		"form-action self": {"form-action 'self'", "form-action 'self'"},
		"first of a repeated directive counts": {"script-src 'self'; script-src 'unsafe-inline'",
			"script-src 'self' 'sha256-S'"},
		"upper case":                     {"SCRIPT-SRC 'NONE'", "script-src 'sha256-S'"},
		"nonce left empty":               {"script-src 'unsafe-inline' 'nonce-'", "script-src 'unsafe-inline' 'nonce-'"},
		"hash that is none":              {"script-src 'unsafe-inline' 'sha256-?'; style-src 'unsafe-inline' sha256-x", "script-src 'unsafe-inline' 'sha256-?'; style-src 'unsafe-inline' sha256-x"},
		"strict-dynamic, for styles":     {"style-src 'unsafe-inline' 'strict-dynamic'", "style-src 'unsafe-inline' 'strict-dynamic'"},
		"style nonce":                    {"style-src 'nonce-r' 'unsafe-inline'", "style-src 'nonce-r' 'unsafe-inline' 'sha256-T'"},
		"style none":                     {"style-src 'none'", "style-src 'sha256-T'"},
		"style-src-elem wins":            {"style-src 'unsafe-inline'; style-src-elem 'self'", "style-src 'unsafe-inline'; style-src-elem 'self' 'sha256-T'"},
		"style attributes only":          {"style-src-attr 'none'", "style-src-attr 'none'"},
		"handlers only":                  {"script-src-attr 'none'", "script-src-attr 'none'"},
		"sandbox":                        {"sandbox allow-scripts allow-forms", "sandbox allow-scripts allow-forms"},
		"trusted types":                  {"require-trusted-types-for 'script'; trusted-types default", "require-trusted-types-for 'script'; trusted-types default"},
		"report only endpoints":          {"report-uri /csp; report-to csp", "report-uri /csp; report-to csp"},
		"default with nonce":             {"default-src 'nonce-r'; connect-src 'self'; frame-src 'self'", "default-src 'nonce-r'; connect-src 'self'; frame-src 'self'; script-src-elem 'nonce-r' 'sha256-S'; style-src-elem 'nonce-r' 'sha256-T'"},
		"forms elsewhere":                {"form-action https://pay.example", "form-action https://pay.example https://mamen.ai/.privacy/"},
		"what is admitted stays ordered": {"img-src *; script-src 'self'; report-uri /csp", "img-src *; script-src 'self' 'sha256-S'; report-uri /csp"},
		"two policies in one value": {"script-src 'unsafe-inline', script-src 'self'",
			"script-src 'unsafe-inline',script-src 'self' 'sha256-S'"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Admit([]string{c.in}, a); !slices.Equal(got, []string{c.want}) {
				t.Errorf("%q\nbecomes %q\nwant    %q", c.in, got[0], c.want)
			}
		})
	}
	lines := []string{"script-src 'self'", "script-src 'unsafe-inline'", "frame-ancestors 'none'"}
	if got := Admit(lines, a); !slices.Equal(got, []string{"script-src 'self' 'sha256-S'", lines[1], lines[2]}) {
		t.Errorf("of several lines each is judged by itself: %q", got)
	}
	if got := Admit(nil, a); got != nil {
		t.Errorf("no policy becomes %q", got)
	}
	if got := Admit([]string{"script-src 'self' 'sha256-S'"}, a); got[0] != "script-src 'self' 'sha256-S'" {
		t.Errorf("a hash is added twice: %q", got[0])
	}
}

func FuzzAdmit(f *testing.F) {
	a := Admission{Scripts: []string{"'sha256-S'"}, Styles: []string{"'sha256-T'"}, Origin: "https://mamen.ai", Prefix: "/.privacy/"}
	f.Add("default-src 'self'; script-src 'nonce-x' 'unsafe-inline'")
	f.Add("default-src 'none'; form-action 'none'")
	f.Fuzz(func(t *testing.T, value string) {
		once := Admit([]string{value}, a)
		if twice := Admit(once, a); !slices.Equal(once, twice) {
			t.Errorf("%q becomes %q, then %q", value, once, twice)
		}
	})
}
