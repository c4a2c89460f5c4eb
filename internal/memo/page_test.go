package memo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

func testGate(t testing.TB) *gate.Gate {
	t.Helper()
	services, err := catalogue.New([]catalogue.Service{
		{ID: "counter", Category: consent.Statistics, Countries: []string{"KZ"},
			Scripts: []string{"stat.example.kz", "/counter.js"}, Inline: []string{"stat.example.kz/counter"}},
		{ID: "video", Category: consent.Functional, Countries: []string{"operator"}, Scripts: []string{"video.example.kz/embed/"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	g, err := gate.New(gate.Options{Catalogue: services, Jurisdiction: "KZ", Prefix: "/.privacy/"})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var (
	undecided = consent.Choice{}
	allowed   = consent.Choice{State: consent.Allowed, Categories: consent.All}
)

// observer notes all that it's told, in order.
type observer []string

func (o *observer) Blocked(layer gate.Layer, service int) {
	*o = append(*o, fmt.Sprint("blocked ", layer, service))
}
func (o *observer) Ran(service int) { *o = append(*o, fmt.Sprint("ran ", service)) }
func (o *observer) SawHost(source inventory.Source, host []byte, service int, denied bool) {
	*o = append(*o, fmt.Sprint("host ", source, string(host), service, denied))
}
func (o *observer) SawCookie(source inventory.Source, name, _ string, service int, denied bool) {
	*o = append(*o, fmt.Sprint("cookie ", source, name, service, denied))
}
func (o *observer) SawOwn(service int, denied bool) {
	*o = append(*o, fmt.Sprint("own ", service, denied))
}

func baseOf(path string) catalogue.Base {
	return catalogue.Base{Scheme: "https", Host: "mamen.ai", Path: path, FirstParty: catalogue.HostSet{"mamen.ai"}}
}

var insertion = gate.Insertion{
	Head: []byte("<script>guard</script>"),
	Body: func(p gate.Place) []byte { return []byte("<div>banner " + p.Lang + "</div>") },
	Home: "https://mamen.ai",
}

// plain rewrites a page without a memory.
func plain(t testing.TB, permit *gate.Permit, base catalogue.Base, page string) (string, observer) {
	t.Helper()
	var (
		out      bytes.Buffer
		saw      observer
		elements gate.Elements
	)
	elements.Reset(permit, base, &saw, insertion)
	r := htmlstream.NewRewriter(&out, &elements)
	if _, err := r.Write([]byte(page)); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), saw
}

// remembered rewrites a page with a memory, cut into writes of at most the given size at
// random, and flushed now and then if so wanted.
func remembered(t testing.TB, p *Page, m *Memory, permit *gate.Permit, base catalogue.Base, page string, most int, flushed bool, random *rand.Rand) (string, observer) {
	t.Helper()
	var (
		out bytes.Buffer
		saw observer
	)
	p.Reset(m, &out, permit, base, &saw, insertion)
	for rest := []byte(page); len(rest) > 0; {
		n := min(1+random.IntN(most), len(rest))
		piece := slices.Clone(rest[:n])
		if written, err := p.Write(piece); written != n || err != nil {
			t.Fatalf("Write returned %d, %v for %d bytes", written, err, n)
		}
		clear(piece) // nothing of it may be kept
		rest = rest[n:]
		if flushed && random.IntN(4) == 0 {
			if err := p.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), saw
}

// pieces are what pages of the tests are put together from.
var pieces = []string{
	"<p>Some text of the site, as long as a sentence is.</p>\n", `<a href="/news/1" ping="https://stat.example.kz/p">x</a>`,
	`<script src="https://stat.example.kz/c.js" async></script>`, `<script>load("stat.example.kz/counter")</script>`,
	`<script>if (a < b) document.write("<p>")</script>`, `<img src="/a.png" alt=">"><img src=//cdn.example.com/b.png>`,
	`<iframe width=300 src="https://video.example.kz/embed/1"></iframe>`, `<style>a{b:url(https://stat.example.kz/d)}</style>`,
	`<div style="background:url(//stat.example.kz/e)">`, "</div>", `<noscript><img src="https://stat.example.kz/f"></noscript>`,
	`<svg><use href="//stat.example.kz/g"/><title><p></title></svg>`, "<!-- <script src=https://stat.example.kz/c.js></script> -->",
	`<textarea><script src="https://stat.example.kz/c.js"></script></textarea>`, "<template><img src=https://stat.example.kz/h></template>",
	"a < b > c & d", `<input value="`, `">`, "<math><mi>", "</mi></math>", `<iframe srcdoc="&lt;img src=//cdn.example.com/a>"></iframe>`,
}

func randomPage(random *rand.Rand, size int) string {
	var page strings.Builder
	page.WriteString(`<!doctype html><html lang=ru><head><meta charset=utf-8><title>x</title></head><body>`)
	for page.Len() < size {
		page.WriteString(pieces[random.IntN(len(pieces))])
		if random.IntN(4) == 0 {
			page.WriteString(strings.Repeat("word ", random.IntN(200)))
		}
	}
	return page.String()
}

// A page comes out the same, and tells the same, with a memory and without, whatever was
// remembered of it, of another page and under another choice.
func TestMemoryChangesNothing(t *testing.T) {
	g := testGate(t)
	permits := []*gate.Permit{g.Permit(undecided), g.Permit(allowed)}
	m, p := NewMemory(), new(Page)
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(1, seed))
		original := randomPage(random, 10<<10+random.IntN(60<<10))
		for round := range 8 {
			page := original
			switch at := random.IntN(len(page)); round % 4 {
			case 2: // a byte is another one
				page = page[:at] + "x" + page[at+1:]
			case 3: // something is inserted
				page = page[:at] + pieces[random.IntN(len(pieces))] + page[at:]
			}
			permit, base := permits[random.IntN(len(permits))], baseOf([]string{"/", "/a/"}[random.IntN(2)])
			most := []int{100, 5000, 40 << 10}[random.IntN(3)]
			want, told := plain(t, permit, base, page)
			got, tells := remembered(t, p, m, permit, base, page, most, random.IntN(2) == 0, random)
			if got != want {
				t.Fatalf("seed %d, round %d: a page of %d bytes came out otherwise\n%.300q\nwant\n%.300q", seed, round, len(page), difference(got, want), difference(want, got))
			}
			if !slices.Equal(tells, told) {
				t.Fatalf("seed %d, round %d: told %q, want %q", seed, round, tells, told)
			}
		}
	}
}

// difference returns a from a little before where it differs from b.
func difference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return a[max(i-60, 0):]
}

func ordinaryPage(size int) string {
	var page strings.Builder
	page.WriteString(`<!doctype html><html lang=ru><head><title>x</title></head><body>`)
	for i := 0; page.Len() < size; i++ {
		fmt.Fprintf(&page, `<p>Text %d</p><img src="/%d.png"><script src="https://stat.example.kz/%d.js"></script><img src="//cdn.example.com/%d.png">`+"\n", i, i, i, i)
	}
	return page.String()
}

// From the third time on a page isn't scanned any more, in whatever pieces it comes.
func TestPagesAreRemembered(t *testing.T) {
	permit := testGate(t).Permit(undecided)
	page := ordinaryPage(100 << 10)
	for name, most := range map[string]int{"in small pieces": 1 << 10, "in usual pieces": 32 << 10, "at once": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			m, p := NewMemory(), new(Page)
			random := rand.New(rand.NewPCG(2, 2))
			for time := range 4 {
				remembered(t, p, m, permit, baseOf("/"), page, most, false, random)
				switch scanned := len(page) - p.recalled; {
				case time < 2 && p.recalled > 0:
					t.Errorf("time %d: %d bytes were remembered", time+1, p.recalled)
				case time >= 2 && scanned > 0:
					t.Errorf("time %d: %d bytes were scanned", time+1, scanned)
				}
			}
		})
	}
}

// One place of a page that is new each time doesn't keep the rest from being remembered.
func TestNewTokensCostTheirSegment(t *testing.T) {
	permit := testGate(t).Permit(undecided)
	m, p := NewMemory(), new(Page)
	random := rand.New(rand.NewPCG(3, 3))
	page := ordinaryPage(100 << 10)
	middle := strings.Index(page[50<<10:], "<p>") + 50<<10
	for time := range 6 {
		changed := page[:middle] + fmt.Sprintf("<p>token %d</p>", time) + page[middle:]
		remembered(t, p, m, permit, baseOf("/"), changed, 32<<10, false, random)
	}
	if scanned := len(page) - p.recalled; scanned > 3*bodyWindow {
		t.Errorf("%d bytes were scanned", scanned)
	}
}

// What is remembered under one choice, for one path, or before a base element, isn't
// used elsewhere.
func TestContextsAreKeptApart(t *testing.T) {
	g := testGate(t)
	page := ordinaryPage(20 << 10)
	moved := strings.Replace(page, "<title>", `<base href="//cdn.example.com/"><title>`, 1)
	for _, c := range []struct {
		name, page, path string
		choice           consent.Choice
	}{{"choice", page, "/", allowed}, {"path", page, "/a/", undecided}, {"base", moved, "/", undecided}} {
		t.Run(c.name, func(t *testing.T) {
			m, p := NewMemory(), new(Page)
			random := rand.New(rand.NewPCG(4, 4))
			for range 3 {
				remembered(t, p, m, g.Permit(undecided), baseOf("/"), page, 32<<10, false, random)
			}
			if p.recalled == 0 {
				t.Fatal("nothing is remembered")
			}
			remembered(t, p, m, g.Permit(c.choice), baseOf(c.path), c.page, 32<<10, false, random)
			if p.recalled > 0 {
				t.Errorf("%d bytes of another context were used", p.recalled)
			}
		})
	}
}

// A base element in the body moves what follows it; nothing is remembered from there on.
func TestBaseInABodyEndsTheMemory(t *testing.T) {
	permit := testGate(t).Permit(undecided)
	page := ordinaryPage(20<<10) + `<base href="//cdn.example.com/">` + strings.Repeat(`<p>a</p><img src="b.png">`, 2000)
	m, p := NewMemory(), new(Page)
	random := rand.New(rand.NewPCG(5, 5))
	for range 4 {
		want, told := plain(t, permit, baseOf("/"), page)
		got, tells := remembered(t, p, m, permit, baseOf("/"), page, 32<<10, false, random)
		if got != want || !slices.Equal(tells, told) {
			t.Fatal("the page came out otherwise")
		}
	}
	if p.recalled == 0 || p.recalled > 20<<10 {
		t.Errorf("%d bytes were remembered", p.recalled)
	}
}

// Flush passes all that is complete, also of a segment that isn't.
func TestFlushHoldsNothingBack(t *testing.T) {
	permit := testGate(t).Permit(undecided)
	m, p := NewMemory(), new(Page)
	page := ordinaryPage(12 << 10)
	for time := range 4 {
		var out bytes.Buffer
		p.Reset(m, &out, permit, baseOf("/"), new(observer), insertion)
		for line := range strings.SplitAfterSeq(page, "\n") {
			if _, err := p.Write([]byte(line)); err != nil {
				t.Fatal(err)
			}
			if err := p.Flush(); err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(out.String(), line[max(len(line)-10, 0):]) {
				t.Fatalf("time %d: %q is held back", time+1, line)
			}
		}
	}
}

// What is remembered stays within its bound, and goes when it isn't asked for.
func TestMemoryIsBounded(t *testing.T) {
	m := NewMemory()
	put := func(i int) {
		m.keep(key{window: uint64(i)}, &segment{edits: []htmlstream.Edit{{Text: strings.Repeat("x", 10<<10)}}})
	}
	put(0)
	for i := 1; i < 5000; i++ {
		put(i)
		if m.size > maxMemory || len(m.young)+len(m.old) > 2*maxMemory/(10<<10) {
			t.Fatalf("%d bytes in %d and %d segments", m.size, len(m.young), len(m.old))
		}
		if s, _ := m.find(key{window: 0}); s == nil {
			t.Fatalf("what is asked for went after %d others", i)
		}
	}
	if s, _ := m.find(key{window: 1}); s != nil {
		t.Error("what nobody asks for stays")
	}
}

// brokenWriter fails after some bytes.
type brokenWriter struct{ room int }

var errBroken = errors.New("broken")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.room -= len(p); w.room < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestErrorsOfTheWriterAreReturned(t *testing.T) {
	permit := testGate(t).Permit(undecided)
	m, p := NewMemory(), new(Page)
	page := ordinaryPage(100 << 10)
	for time := range 4 {
		p.Reset(m, &brokenWriter{50 << 10}, permit, baseOf("/"), new(observer), insertion)
		_, err := io.Copy(p, strings.NewReader(page))
		if err == nil {
			err = p.Close()
		}
		if !errors.Is(err, errBroken) {
			t.Errorf("time %d: %v", time+1, err)
		}
		remembered(t, p, m, permit, baseOf("/"), page, 32<<10, false, rand.New(rand.NewPCG(6, 6)))
	}
}

func TestManyPagesAtATime(t *testing.T) {
	g := testGate(t)
	permit, m := g.Permit(undecided), NewMemory()
	pages := []string{ordinaryPage(30 << 10), ordinaryPage(60 << 10)}
	var running sync.WaitGroup
	for i := range 8 {
		running.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(i)))
			for range 10 {
				page := pages[random.IntN(2)]
				want, _ := plain(t, permit, baseOf("/"), page)
				if got, _ := remembered(t, new(Page), m, permit, baseOf("/"), page, 32<<10, false, random); got != want {
					t.Error("a page came out otherwise")
				}
			}
		})
	}
	running.Wait()
}

// silent is an observer that keeps nothing.
type silent struct{}

func (silent) Blocked(gate.Layer, int)                               {}
func (silent) Ran(int)                                               {}
func (silent) SawHost(inventory.Source, []byte, int, bool)           {}
func (silent) SawCookie(inventory.Source, string, string, int, bool) {}
func (silent) SawOwn(int, bool)                                      {}

func TestRememberedPagesAllocateNothing(t *testing.T) {
	permit := testGate(t).Permit(undecided)
	m, p, page, base := NewMemory(), new(Page), []byte(ordinaryPage(100<<10)), baseOf("/")
	rewrite := func() {
		p.Reset(m, io.Discard, permit, base, silent{}, gate.Insertion{})
		p.Write(page)
		p.Close()
	}
	for range 3 {
		rewrite()
	}
	if n := testing.AllocsPerRun(20, rewrite); n != 0 {
		t.Errorf("%v allocations a page", n)
	}
}

func FuzzPage(f *testing.F) {
	for seed := range uint64(4) {
		f.Add([]byte(randomPage(rand.New(rand.NewPCG(8, seed)), 5<<10)), seed)
	}
	permit := testGate(f).Permit(undecided)
	f.Fuzz(func(t *testing.T, page []byte, seed uint64) {
		m, p := NewMemory(), new(Page)
		random := rand.New(rand.NewPCG(9, seed))
		want, told := plain(t, permit, baseOf("/"), string(page))
		for range 4 {
			got, tells := remembered(t, p, m, permit, baseOf("/"), string(page), 1+random.IntN(20<<10), random.IntN(2) == 0, random)
			if got != want || !slices.Equal(tells, told) {
				t.Fatalf("the page came out otherwise:\n%.300q\nwant\n%.300q", difference(got, want), difference(want, got))
			}
		}
	})
}
