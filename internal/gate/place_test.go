package gate

import (
	"bytes"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

// placed rewrites a page and returns it with the place that its body is told of.
func placed(t *testing.T, page string) (string, Place) {
	t.Helper()
	g := testGate(t, nil)
	var seen Place
	var out bytes.Buffer
	var elements Elements
	elements.Reset(g.Permit(consent.Choice{}), pageBase, &record{gate: g}, Insertion{
		Body: func(p Place) []byte { seen = p; return nil },
		Admission: func() Admission {
			return Admission{Scripts: []string{"'sha256-S'"}, Styles: []string{"'sha256-T'"}, Origin: "https://mamen.ai", Prefix: "/.privacy/"}
		},
	})
	w := htmlstream.NewRewriter(&out, &elements)
	w.Write([]byte(page)) // a Rewriter fails only with its writer
	w.Close()
	return out.String(), seen
}

// A policy that the page states itself admits what comes behind it, by the same rules
// as one in the header; elsewhere nothing is one.
func TestPolicyInTheHeadAdmitsWhatComesBehindIt(t *testing.T) {
	for _, test := range []struct{ name, page, want string }{
		{"self", `<head><meta http-equiv=Content-Security-Policy content="style-src 'self'">`,
			`<head><meta content="style-src 'self' 'sha256-T'"  http-equiv=Content-Security-Policy data-privacy-content="style-src 'self'">`},
		{"none", `<html><meta content="script-src 'none'" http-equiv="CONTENT-security-policy"/>`,
			`<html><meta content="script-src 'sha256-S'"  data-privacy-content="script-src 'none'" http-equiv="CONTENT-security-policy"/>`},
		{"references", `<head><meta http-equiv=content-security-policy content='script-src &#39;self&#39;; report-uri /a?b&amp;c'>`,
			`<head><meta content="script-src 'self' 'sha256-S'; report-uri /a?b&amp;c"  http-equiv=content-security-policy data-privacy-content='script-src &#39;self&#39;; report-uri /a?b&amp;c'>`},
		{"unsafe-inline", `<head><meta http-equiv=content-security-policy content="script-src 'unsafe-inline'">`, ``},
		{"no policy", `<head><meta http-equiv=content-security-policy><meta content="script-src 'self'" name=content-security-policy>`, ``},
		{"in the body", `<head></head><body><meta http-equiv=content-security-policy content="style-src 'self'">`, ``},
		{"foreign", `<html><head></head><body><svg><meta http-equiv=content-security-policy content="style-src 'self'"></svg>`, ``},
		{"beyond ASCII", `<head><meta http-equiv=content-security-policy content="style-src 'self' é">`, ``},
	} {
		want := test.want
		if want == "" {
			want = test.page
		}
		if got, _ := placed(t, test.page); got != want {
			t.Errorf("%s: %s\nbecomes %s\nwant    %s", test.name, test.page, got, want)
		}
	}
}

// A fragment, into which nothing is inserted, is no document whose policy counts.
func TestPlaceTellsWhatBearsOnTheBody(t *testing.T) {
	for _, test := range []struct {
		head string
		want Place
	}{
		{``, Place{Lang: "kk"}},
		{`<base href="/app/">`, Place{Lang: "kk"}},
		{`<base href="https://cdn.example/a/">`, Place{Lang: "kk", Elsewhere: true}},
		{`<base href="//cdn.example">`, Place{Lang: "kk", Elsewhere: true}},
		{`<base href="/a/"><base href="https://cdn.example/">`, Place{Lang: "kk"}},
		{`<base target=_blank>`, Place{Lang: "kk", OtherTab: true}},
		{`<base target=_self><base target=_top>`, Place{Lang: "kk"}},
		{`<base target>`, Place{Lang: "kk"}},
		{`<meta http-equiv=content-security-policy content="img-src 'self'">`, Place{Lang: "kk", Pictureless: true}},
		{`<meta http-equiv=content-security-policy content="img-src 'self' DATA:">`, Place{Lang: "kk"}},
	} {
		if _, got := placed(t, `<html lang=kk><head>`+test.head+`</head><body>`); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.head, got, test.want)
		}
	}
}

func TestBoundsOfPolicies(t *testing.T) {
	for _, test := range []struct {
		policies []string
		want     Bounds
	}{
		{nil, Bounds{}},
		{[]string{"script-src 'none'; form-action 'none'"}, Bounds{}}, // admission changes these
		{[]string{"sandbox"}, Bounds{Scriptless: true, Formless: true}},
		{[]string{"sandbox allow-scripts"}, Bounds{Formless: true}},
		{[]string{"sandbox allow-scripts allow-forms"}, Bounds{Formless: true}}, // posts as no site at all
		{[]string{"Sandbox Allow-Forms allow-same-origin"}, Bounds{Scriptless: true}},
		{[]string{"sandbox allow-forms allow-same-origin allow-scripts"}, Bounds{}},
		{[]string{"frame-ancestors 'none', sandbox allow-forms allow-same-origin", "sandbox allow-scripts allow-same-origin"}, Bounds{Scriptless: true, Formless: true}},
		{[]string{"default-src *"}, Bounds{Pictureless: true}},
		{[]string{"default-src 'none'; img-src data: https:"}, Bounds{}},
		{[]string{"default-src data:; img-src 'self'"}, Bounds{Pictureless: true}},
	} {
		if got := BoundsOf(test.policies); got != test.want {
			t.Errorf("%q: %+v, want %+v", test.policies, got, test.want)
		}
	}
}
