package memo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"weak"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

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

// A page in a pool keeps nothing of its last use alive.
func TestReleasedPageHoldsOnToNothing(t *testing.T) {
	p := new(Page)
	use := func() map[string]func() bool {
		permit, m, saw, out := testGate(t).Permit(undecided), NewMemory(), new(observer), new(bytes.Buffer)
		p.Reset(m, out, permit, baseOf("/"), saw, insertion)
		if _, err := io.WriteString(p, ordinaryPage(20<<10)); err != nil {
			t.Fatal(err)
		}
		return map[string]func() bool{"permit": isAlive(permit), "memory": isAlive(m), "observer": isAlive(saw), "writer": isAlive(out)}
	}
	alive := use()
	p.Release()
	runtime.GC()
	for name, is := range alive {
		if is() {
			t.Errorf("the %s is still held", name)
		}
	}
	runtime.KeepAlive(p)
}

// isAlive returns a function that reports whether what the pointer leads to is still held.
func isAlive[T any](pointer *T) func() bool {
	w := weak.Make(pointer)
	return func() bool { return w.Value() != nil }
}
