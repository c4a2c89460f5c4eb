package gate

import (
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
)

func TestGuardKnowsWhatIsDenied(t *testing.T) {
	g := testGate(t, func(o *Options) { o.CrossBorder = true })
	undecided := string(g.Permit(consent.Choice{}).Guard())
	for _, part := range []string{
		`"counter":"stat.example.kz"`, `"abroad":"*.abroad.example www.shared.example/abroad/"`, `"pixel":"pixel.example.kz"`,
		`"c":"_abroad _cnt_* _shared"`, `"s":"_cnt[] counter"`, `"p":"/.privacy/report"`,
	} {
		if !strings.Contains(undecided, part) {
			t.Errorf("%s isn't in the guard", part)
		}
	}
	if strings.Contains(undecided, "captcha") {
		t.Error("a necessary service is denied")
	}
	statistics := string(g.Permit(allowing(consent.Statistics)).Guard())
	if strings.Contains(statistics, "stat.example.kz") || !strings.Contains(statistics, `"pixel":`) {
		t.Error("the guard doesn't follow the choice")
	}
}

func TestGuardLeavesSharedNamesToTheServiceThatRuns(t *testing.T) {
	compiled, err := catalogue.New([]catalogue.Service{
		{ID: "free", Category: consent.Statistics, Countries: []string{"operator"}, Scripts: []string{"/free.js"},
			Stubs: []string{"_paq[]"}, Cookies: []string{"_pk_id.*"}},
		{ID: "hosted", Category: consent.Statistics, Countries: []string{"US"}, Scripts: []string{"hosted.example"},
			Stubs: []string{"_paq[]", "hosted"}, Cookies: []string{"_pk_id.*", "_hosted"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	g := testGate(t, func(o *Options) { o.Catalogue = compiled })
	if guard := string(g.Permit(consent.Choice{}).Guard()); !strings.Contains(guard, `"c":"_hosted _pk_id.*","s":"_paq[] hosted"`) {
		t.Error("undecided: not all names are denied")
	}
	if guard := string(g.Permit(allowing(consent.Statistics)).Guard()); !strings.Contains(guard, `"c":"_hosted","s":"hosted"`) {
		t.Error("allowed: the running service's names are denied, or the other's aren't")
	}
}

func TestGuardIsSafeInsideAScriptElement(t *testing.T) {
	guard := testGate(t, nil).Permit(consent.Choice{}).Guard()
	for i, b := range guard {
		if b >= 0x80 {
			t.Fatalf("byte %d is beyond ASCII", i)
		}
	}
	for _, sequence := range []string{"</script", "<!--", "]]>"} {
		if strings.Contains(strings.ToLower(string(guard)), sequence) {
			t.Errorf("the guard contains %q", sequence)
		}
	}
}
