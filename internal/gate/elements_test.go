package gate

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

var update = flag.Bool("update", false, "write the golden files anew")

var pageBase = catalogue.Base{Scheme: "https", Host: "mamen.ai", Path: "/blog/", FirstParty: catalogue.HostSet{"mamen.ai"}}

func rewrite(t testing.TB, g *Gate, choice consent.Choice, input string) (string, *record) {
	t.Helper()
	r := &record{gate: g}
	var out bytes.Buffer
	var elements Elements
	elements.Reset(g.Permit(choice), pageBase, r, Insertion{Home: "https://mamen.ai"})
	w := htmlstream.NewRewriter(&out, &elements)
	if _, err := w.Write([]byte(input)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), r
}

func TestDeniedElementsAreNeutralised(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.in.html")
	if err != nil || len(inputs) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, input := range inputs {
		name := strings.TrimSuffix(filepath.Base(input), ".in.html")
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := rewrite(t, testGate(t, nil), consent.Choice{}, string(raw))
			golden := filepath.Join("testdata", name+".out.html")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if restored := withoutInsertions(got); restored != string(raw) {
				t.Errorf("without the insertions it is\n%s", restored)
			}
		})
	}
}

// insertedHeld leads a frame in a sandbox to its placeholder.
const insertedHeld = ` src=/.privacy/embed/video/held `

// insertedSource leads others there, with the address that they would show.
var insertedSource = regexp.MustCompile(` src=(?:/|"https://mamen\.ai/)\.privacy/embed/video(?:/at/[\w-]+)?"? `)

// withoutInsertions deletes what the gate inserts.
func withoutInsertions(page string) string {
	page = insertedSource.ReplaceAllString(page, "")
	return strings.NewReplacer("data-privacy-", "", " type=text/plain ", "", insertedHeld, "", "data:,", "").Replace(page)
}

func TestAllowedPagesPassAsTheOriginWroteThem(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.in.html")
	if err != nil {
		t.Fatal(err)
	}
	g := testGate(t, func(o *Options) { o.CrossBorder = true })
	for _, input := range inputs {
		raw, err := os.ReadFile(input)
		if err != nil {
			t.Fatal(err)
		}
		got, r := rewrite(t, g, allowing(consent.Optional()...), string(raw))
		if got != string(raw) {
			t.Errorf("%s was changed to\n%s", input, got)
		}
		if len(r.blocked) > 0 {
			t.Errorf("%s: blocked %q", input, r.blocked)
		}
	}
}

func TestObserverIsToldWhatRuns(t *testing.T) {
	page := `<html><script src=https://stat.example.kz/c.js></script><img src=//pixel.example.kz/p.gif><script>load("https://stat.example.kz/counter")</script>`
	_, r := rewrite(t, testGate(t, nil), allowing(consent.Statistics), page)
	if !slices.Contains(r.ran, counterService) || slices.Contains(r.ran, pixelService) {
		t.Errorf("ran %v", r.ran)
	}
	if !slices.Equal(r.blocked, []string{"element pixel"}) {
		t.Errorf("blocked %q", r.blocked)
	}
}

func TestUnknownThirdPartiesAreStoppedOnlyWhenAsked(t *testing.T) {
	page := `<html><link rel=preconnect href=https://unknown.example><img src=https://cdn.example.kz/a.png><img src=/own.png><a href=https://unknown.example>link</a>`
	for block, want := range map[bool]string{
		false: page,
		true:  strings.Replace(page, "href=https://unknown.example>", "data-privacy-href=https://unknown.example>", 1),
	} {
		g := testGate(t, func(o *Options) {
			o.BlockUnknown = block
			o.Necessary = []string{"cdn.example.kz"}
		})
		if got, _ := rewrite(t, g, consent.Choice{}, page); got != want {
			t.Errorf("block %v: got %s", block, got)
		}
	}
}

func TestOnlyScriptsThatRunAreSearched(t *testing.T) {
	for attributes, runs := range map[string]bool{
		``: true, ` type`: true, ` type=""`: true, ` type=module`: true, ` type="Text/JavaScript"`: true, ` type=" text/javascript "`: true,
		` type="text&#47;jscript"`: true, ` language=javascript`: true, ` language=JavaScript1.2`: true, ` language=""`: true,
		` type=text/plain`: false, ` type="text/javascript; charset=utf-8"`: false, ` type=application/json`: false, ` type=application/ld+json`: false,
		` type=importmap`: false, ` language=module`: false, ` language=vbscript`: false, ` type=text/template language=javascript`: false,
		` type="` + strings.Repeat("x", 100) + `"`: false,
	} {
		_, r := rewrite(t, testGate(t, nil), consent.Choice{}, `<html><script`+attributes+`>load("https://stat.example.kz/counter")</script>`)
		if (len(r.blocked) == 1) != runs {
			t.Errorf("<script%s>: blocked %q", attributes, r.blocked)
		}
	}
}

func TestReferencesThatMayLeaveAreJudged(t *testing.T) {
	for _, reference := range []string{
		"//pixel.example.kz/p.gif", "https://pixel.example.kz/p.gif", "https&colon;//pixel.example.kz/p.gif", "&sol;/pixel.example.kz/p.gif",
		"/&#47;pixel.example.kz/p.gif", `\\pixel.example.kz/p.gif`, `/\pixel.example.kz/p.gif`, "/\t/pixel.example.kz/p.gif", " //pixel.example.kz/p.gif",
		"https:pixel.example.kz/../p.gif//pixel.example.kz",
	} {
		got, r := rewrite(t, testGate(t, nil), consent.Choice{}, `<html><img src="`+reference+`">`)
		wantBlocked := reference != "https:pixel.example.kz/../p.gif//pixel.example.kz" // relative on an https page
		if (len(r.blocked) == 1) != wantBlocked {
			t.Errorf("%q: %s", reference, got)
		}
	}
	for _, reference := range []string{"/a.png", "a/b.png?x=1", "../c.png#d", "", "/a.png 1x, /b.png 2x"} {
		if !staysHere([]byte(reference)) {
			t.Errorf("%q is parsed needlessly", reference)
		}
	}
}

func TestRelativeReferencesFollowTheBase(t *testing.T) {
	page := `<html><base href="https://stat.example.kz/x/"><base href="https://other.example/"><script src=c.js></script>`
	got, _ := rewrite(t, testGate(t, nil), consent.Choice{}, page)
	if !strings.Contains(got, "<script type=text/plain  data-privacy-src=c.js>") {
		t.Errorf("got %s", got)
	}
}

func BenchmarkElements(b *testing.B) {
	g := testGate(b, nil)
	permit := g.Permit(consent.Choice{})
	page := []byte("<!doctype html><html><head></head><body>" + strings.Repeat(`<p class="x">Text <a href="/a">link</a> <img src="/i.png" srcset="/a.png 1x, /b.png 2x"> <script>var a = 1;</script></p>`, 500))
	var elements Elements
	r := &record{gate: g}
	w := htmlstream.NewRewriter(nil, nil)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		elements.Reset(permit, pageBase, r, Insertion{})
		w.Reset(discard{}, &elements)
		w.Write(page)
		w.Close()
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
