package banner

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

func TestAPIIsAsReviewed(t *testing.T) {
	b := newBanner(t, seed())
	golden(t, "api.js", b.API(APIState{State: "allowed", Categories: []string{"statistics"}, Services: []string{"vimeo"}}))
}

func TestAPIListsAreNeverNull(t *testing.T) {
	got := string(newBanner(t, seed()).API(APIState{State: "undecided"}))
	if want := `({"state":"undecided","categories":[],"services":[]});`; !strings.HasSuffix(got, want) {
		t.Errorf("ends in %q, want %q", got[len(got)-len(want):], want)
	}
}

func TestAPIDefinesNothingElseThanPrivacy(t *testing.T) {
	script := newBanner(t, seed()).API(APIState{State: "refused"})
	tree, err := js.Parse(parse.NewInputBytes(script), js.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Declared) != 0 {
		t.Errorf("declares %v in the page", tree.Declared)
	}
}

func FuzzAPI(f *testing.F) {
	b := newBanner(f, seed())
	f.Add("allowed", "statistics", "matomo")
	f.Add("</script><script>alert(1)", "\u2028\u2029", "счётчик 😀")
	f.Add("STATE", "\x7f\x00", "\xff\"\\")
	f.Fuzz(func(t *testing.T, state, category, service string) {
		want := APIState{state, []string{category}, []string{service}}
		script := string(b.API(want))
		for i := range len(script) {
			if script[i] > 0x7e || script[i] < 0x20 {
				t.Fatalf("byte %d is %#x", i, script[i])
			}
		}
		if strings.Contains(script, "</") || strings.Contains(script, "<!--") {
			t.Fatal("the script can leave its element")
		}
		var got APIState
		raw := strings.TrimSuffix(strings.TrimPrefix(script, b.api.before), b.api.after)
		if err := json.Unmarshal([]byte(raw), &got); err != nil {
			t.Fatal(err)
		}
		if valid := strings.ToValidUTF8(service, "\ufffd"); got.Services[0] != valid && valid == service {
			t.Errorf("service %q became %q", service, got.Services[0])
		}
	})
}

func BenchmarkAPI(b *testing.B) {
	banner, err := New(seed())
	if err != nil {
		b.Fatal(err)
	}
	state := APIState{State: "allowed", Categories: []string{"functional", "statistics"}, Services: []string{"vimeo"}}
	for b.Loop() {
		banner.API(state)
	}
}
