package memo

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// Where nothing is blocked, each write of a page's body leaves as it came, without
// waiting for the rest of anything, and how long the page becomes is known with the first.
func TestOpenPagesPassFromTheirBodyOn(t *testing.T) {
	permit, random := testGate(t).Permit(allowed), rand.New(rand.NewPCG(21, 21))
	page := ordinaryPage(100 << 10)
	want, _ := plain(t, permit, baseOf("/"), page)
	m, p := NewMemory(), new(Page)
	for time := range 4 {
		var out bytes.Buffer
		p.Reset(m, &out, permit, baseOf("/"), new(observer), insertion)
		for at := 0; at < len(page); {
			n := min(1+random.IntN(9000), len(page)-at)
			if at == 0 {
				n = 9000
			}
			if _, err := p.Write([]byte(page[at : at+n])); err != nil {
				t.Fatal(err)
			}
			at += n
			if growth, certain := p.Growth(); !certain || growth != len(want)-len(page) || out.Len() != at+growth {
				t.Fatalf("time %d: of %d bytes %d came out; growth %d, %v", time+1, at, out.Len(), growth, certain)
			}
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("time %d: the page came out otherwise: %.200q", time+1, difference(out.String(), want))
		}
	}
}

func TestGrowthIsntCertainWhereSomethingIsBlocked(t *testing.T) {
	m, p := NewMemory(), new(Page)
	for range 3 {
		remembered(t, p, m, testGate(t).Permit(undecided), baseOf("/"), ordinaryPage(20<<10), 32<<10, false, rand.New(rand.NewPCG(22, 22)))
		if _, certain := p.Growth(); certain {
			t.Error("what will be inserted is certain")
		}
	}
}

func TestErrorsOfTheWriterAreReturnedByOpenPages(t *testing.T) {
	p := new(Page)
	for name, room := range map[string]int{"in the first": 1 << 10, "in another": 40 << 10} {
		p.Reset(NewMemory(), &brokenWriter{room}, testGate(t).Permit(allowed), baseOf("/"), new(observer), insertion)
		var err error
		for range 4 {
			if err == nil {
				_, err = p.Write([]byte(ordinaryPage(20 << 10)))
			}
		}
		if !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
