package memo

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/contentcoding"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

// opened is how one visitor gets the beginning of a page.
type opened struct {
	permit    *gate.Permit
	base      catalogue.Base
	whole     bool
	insertion gate.Insertion
	pieces    int // what was written as one
	pieced    bool
}

// pieceWriter takes pieces and counts them.
type pieceWriter struct {
	*bytes.Buffer
	pieces *int
}

// Insert implements htmlstream.Inserter.
func (w pieceWriter) Insert(text []byte) error {
	w.Write(text)
	return nil
}

// WritePiece implements PieceWriter.
func (w pieceWriter) WritePiece(piece *contentcoding.Piece) error {
	*w.pieces++
	return w.Insert(piece.Bytes())
}

// rewrite writes a page in pieces of at most the given size at random, through the
// memory or, if there is none, without one.
func (o *opened) rewrite(t *testing.T, p *Page, m *Memory, page string, most int, random *rand.Rand) (string, observer) {
	t.Helper()
	var (
		out bytes.Buffer
		saw observer
	)
	var w io.Writer = &out
	if o.pieced {
		w = pieceWriter{&out, &o.pieces}
	}
	p.Reset(m, w, o.permit, o.base, &saw, o.insertion)
	if o.whole {
		p.Whole()
	}
	for rest := page; len(rest) > 0; {
		n := min(1+random.IntN(most), len(rest))
		if _, err := p.Write([]byte(rest[:n])); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), saw
}

// insertionOf is what one visitor gets: texts of her own, and a policy of her own.
func insertionOf(visitor int) gate.Insertion {
	return gate.Insertion{
		Head: fmt.Appendf(nil, "<script>guard(%d)</script>", visitor),
		Body: func(p gate.Place) []byte { return fmt.Appendf(nil, "<div>%d %+v</div>", visitor, p) },
		Home: "https://mamen.ai",
		Admission: func() gate.Admission {
			return gate.Admission{Prefix: "/.privacy/", Scripts: []string{fmt.Sprintf("'sha256-%d'", visitor)}}
		},
	}
}

var beginnings = []string{
	"<!doctype html>", "<html lang=kk>", `<html lang="&#114;u">`, "<head>", "</head>", "<body>", "<body class=a>", "\ufeff", "text", "<p>",
	"<title>x</title>", `<base href="//cdn.example.com/a/">`, "<base target=_top>", `<script src="https://stat.example.kz/c.js"></script>`,
	`<script>load("stat.example.kz/counter")</script>`, `<meta http-equiv=content-security-policy content="script-src 'self'; img-src 'self'">`,
	`<link rel=preload as=script href="https://stat.example.kz/c.js">`, `<noscript><img src="https://stat.example.kz/f"></noscript>`,
	`<meta name=description content="` + strings.Repeat("What the page is about. ", 12) + `">`,
	"<template><body></template>", "<frameset>", "<!-- <body> -->", "<svg><title><body></title></svg>", "<style>body{}</style>",
}

// A beginning that was seen before comes out as if it were seen for the first time, with
// what is inserted for the visitor at hand.
func TestOpeningsComeOutTheSame(t *testing.T) {
	g := testGate(t)
	permits := []*gate.Permit{g.Permit(undecided), g.Permit(allowed)}
	m, p, recalled, pieces := NewMemory(), new(Page), 0, 0
	for seed := range uint64(400) {
		random := rand.New(rand.NewPCG(11, seed))
		var beginning strings.Builder
		if random.IntN(2) == 0 {
			beginning.WriteString("<!doctype html><html lang=ru><head>")
		}
		for range random.IntN(8) {
			beginning.WriteString(beginnings[random.IntN(len(beginnings))])
		}
		text := strings.Repeat("<p>Some text of the site</p>\n", random.IntN(200))
		page := beginning.String() + text + beginnings[random.IntN(len(beginnings))] + text
		path, whole := []string{"/", "/a/"}[random.IntN(2)], random.IntN(2) == 0
		for round := range 8 {
			o := opened{permit: permits[random.IntN(2)], base: baseOf(path), whole: whole, insertion: insertionOf(round)}
			most := []int{64, 700, 40 << 10}[random.IntN(3)]
			want, told := o.rewrite(t, p, nil, page, most, random)
			o.pieced = random.IntN(2) == 0
			got, tells := o.rewrite(t, p, m, page, most, random)
			recalled += p.recalled
			pieces += o.pieces
			if got != want || !slices.Equal(tells, told) {
				t.Fatalf("seed %d, round %d: %q came out as\n%.400q\nwant\n%.400q\ntold %q, want %q", seed, round, beginning.String(), got, want, tells, told)
			}
		}
	}
	if recalled == 0 || pieces == 0 {
		t.Errorf("%d bytes were remembered, %d pieces written", recalled, pieces)
	}
}

// The beginning of a page comes from the memory as soon as it is known whole, and
// isn't kept waiting when it is long.
func TestLongOpeningsAreNotHeldBack(t *testing.T) {
	permit := testGate(t).Permit(undecided)
	page := "<!doctype html><html><head>" + strings.Repeat(`<meta name=a content="`+strings.Repeat("b", 200)+`">`, 80) + "</head><body><p>x</p></body></html>"
	o := opened{permit: permit, base: baseOf("/"), whole: true, insertion: insertionOf(1)}
	m, p, random := NewMemory(), new(Page), rand.New(rand.NewPCG(12, 12))
	for range 3 {
		o.rewrite(t, p, m, page, len(page)*2, random)
	}
	if p.recalled == 0 {
		t.Fatal("nothing is remembered")
	}
	var out bytes.Buffer
	p.Reset(m, &out, o.permit, o.base, new(observer), o.insertion)
	p.Whole()
	for i := range page[:10<<10] {
		p.Write([]byte(page[i : i+1]))
		if missing := i - out.Len(); missing > maxSegment {
			t.Fatalf("%d bytes are held back", missing)
		}
	}
	if out.Len() < 9<<10 {
		t.Errorf("of the first 10 KB, %d bytes came", out.Len())
	}
}

// What becomes of a policy is another visitor's business each time, also where only a
// parser would find that it stands in no head.
func TestPoliciesAreNotRemembered(t *testing.T) {
	permit := testGate(t).Permit(undecided)
	const policy = `<meta http-equiv=content-security-policy content="script-src 'self'">`
	text := strings.Repeat("<p>Some text of the site</p>\n", 200)
	for name, page := range map[string]string{
		"in a head":     "<!doctype html><html><head>" + policy + text,
		"in a fragment": text + policy + text,
		"in a frameset": "<!doctype html><html><frameset>" + text + policy + text,
	} {
		m, p, random := NewMemory(), new(Page), rand.New(rand.NewPCG(13, 13))
		for visitor := range 4 {
			o := opened{permit: permit, base: baseOf("/"), insertion: insertionOf(visitor)}
			want, _ := o.rewrite(t, p, nil, page, 40<<10, random)
			if got, _ := o.rewrite(t, p, m, page, 40<<10, random); got != want {
				t.Errorf("%s, visitor %d: got\n%.200q\nwant\n%.200q", name, visitor, difference(got, want), difference(want, got))
			}
		}
	}
}

// Rest puts a rewriter where input leads it that begins the body.
func TestRestIsAsAfterInput(t *testing.T) {
	for _, page := range []string{"<p>a</p><script>b</script>", "</head><base href=/>", "text", "", "<!doctype html><html><body>"} {
		var scanned, rested bytes.Buffer
		o := opened{permit: testGate(t).Permit(undecided), base: baseOf("/"), whole: true, insertion: insertionOf(1)}
		var elements gate.Elements
		elements.Reset(o.permit, o.base, new(observer), o.insertion)
		r := htmlstream.NewRewriter(&scanned, &elements)
		r.Write([]byte("<!doctype html><html><head></head><body>"))
		scanned.Reset()
		r.Write([]byte(page))
		r.Close()
		r = htmlstream.NewRewriter(&rested, &elements)
		r.Rest()
		r.Write([]byte(page))
		r.Close()
		if scanned.String() != rested.String() {
			t.Errorf("%q became %q, want %q", page, rested.String(), scanned.String())
		}
	}
}
