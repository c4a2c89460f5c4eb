package gate

import (
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

func TestGuardKnowsWhatIsDenied(t *testing.T) {
	g := testGate(t, func(o *Options) { o.CrossBorder = true })
	undecided := string(g.Permit(consent.Choice{}).Guard())
	for _, part := range []string{
		`"counter":"stat.example.kz"`, `"abroad":"*.abroad.example www.shared.example/abroad/"`, `"pixel":"pixel.example.kz"`,
		`"c":"_abroad _cnt_*"`, `"s":"_cnt[] counter"`, `"p":"/.privacy/report"`,
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
	if got := string(encodeASCII("</script>é😀")); got != `"\u003c/script\u003e\u00e9\ud83d\ude00"` {
		t.Errorf("encoded as %s", got)
	}
}
