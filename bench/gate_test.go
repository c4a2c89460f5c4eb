package bench

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
	"github.com/mamen-ai/consentgate/internal/inventory"
	"github.com/mamen-ai/consentgate/internal/memo"
	"golang.org/x/net/html"
)

// BenchmarkGate compares all that is done to the bytes of an undecided visitor's
// page, with the built-in catalogue and in writes of 32 KB, with the tokenizer of
// x/net/html alone: the best rounds of both, which a busy machine disturbs least.
// "hosts" judges what the elements load, "styles" what style sheets load as well. Inline
// scripts are searched too, anew each time for "new", and were seen before for "known",
// as those of a site's pages are. The pages themselves were seen before for
// "remembered"; for "forgotten" there is a memory, but never of what comes.
//
// CONSENTGATE_CORPUS names a directory of real pages, and CONSENTGATE_CORPUS_LIST a
// file with the names of those to take.
//
//	go test -run '^$' -bench Gate ./bench
func BenchmarkGate(b *testing.B) {
	services, err := catalogue.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	sets := map[string][][]byte{
		"10KB": {[]byte(makePage(10<<10, pageArticle))}, "100KB": {[]byte(makePage(100<<10, pageArticle))}, "1MB": {[]byte(makePage(1<<20, pageArticle))},
	}
	if pages := corpusPages(b); len(pages) > 0 {
		sets["corpus"] = pages
	}
	for name, pages := range sets {
		for _, kind := range []string{"hosts", "styles", "new", "known", "forgotten", "remembered"} {
			b.Run(name+"/"+kind, func(b *testing.B) { compareWithTokenizer(b, services, pages, kind) })
		}
	}
}

func compareWithTokenizer(b *testing.B, services []catalogue.Service, pages [][]byte, kind string) {
	if kind == "hosts" || kind == "styles" {
		services = slices.Clone(services)
		for i := range services {
			services[i].Inline = nil
		}
	}
	fresh := func() *gate.Permit {
		compiled, err := catalogue.New(services)
		if err != nil {
			b.Fatal(err)
		}
		g, err := gate.New(gate.Options{Catalogue: compiled, Jurisdiction: "KZ", Prefix: "/.privacy/"})
		if err != nil {
			b.Fatal(err)
		}
		return g.Permit(consent.Choice{})
	}
	site := catalogue.Base{Scheme: "https", Host: "example.kz", Path: "/", FirstParty: catalogue.HostSet{"example.kz", "*.example.kz"}}
	var (
		elements gate.Elements
		handler  htmlstream.Handler = &elements
		rewriter htmlstream.Rewriter
		page     memo.Page
		memory   *memo.Memory // nil: the page is scanned and nothing else
	)
	switch kind {
	case "hosts":
		handler = withoutStyles{&elements}
	case "remembered":
		memory = memo.NewMemory()
	}
	permit, size := fresh(), 0
	for _, page := range pages {
		size += len(page)
	}
	ours, theirs := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	for b.Loop() {
		switch kind {
		case "new":
			permit = fresh()
		case "forgotten":
			memory = memo.NewMemory()
		}
		start := time.Now()
		for _, rest := range pages {
			var w io.WriteCloser = &page
			if memory != nil {
				page.Reset(memory, io.Discard, permit, site, silent{}, gate.Insertion{})
			} else {
				elements.Reset(permit, site, silent{}, gate.Insertion{})
				rewriter.Reset(io.Discard, handler)
				w = &rewriter
			}
			for len(rest) > 0 {
				n := min(len(rest), 32<<10)
				w.Write(rest[:n])
				rest = rest[n:]
			}
			w.Close()
		}
		middle := time.Now()
		for _, page := range pages {
			z := html.NewTokenizer(bytes.NewReader(page))
			for z.Next() != html.ErrorToken {
				io.Discard.Write(z.Raw())
			}
		}
		ours, theirs = min(ours, middle.Sub(start)), min(theirs, time.Since(middle))
	}
	b.ReportMetric(float64(size)/1e6/ours.Seconds(), "MB/s")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "x/net")
	b.ReportMetric(0, "ns/op")
}

func corpusPages(b *testing.B) (pages [][]byte) {
	directory := os.Getenv("CONSENTGATE_CORPUS")
	if directory == "" {
		return nil
	}
	var wanted string
	if list := os.Getenv("CONSENTGATE_CORPUS_LIST"); list != "" {
		raw, err := os.ReadFile(list)
		if err != nil {
			b.Fatal(err)
		}
		wanted = string(raw)
	}
	files, err := filepath.Glob(filepath.Join(directory, "*"))
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range files {
		if wanted != "" && !strings.Contains(wanted, filepath.Base(file)) {
			continue
		}
		page, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		pages = append(pages, page)
	}
	return pages
}

// withoutStyles doesn't read style elements.
type withoutStyles struct{ *gate.Elements }

func (withoutStyles) Style(t *htmlstream.Text, _ bool) int { return len(t.Bytes()) }

// silent is an observer that the work is done for and nothing else.
type silent struct{}

func (silent) Blocked(gate.Layer, int)                               {}
func (silent) Ran(int)                                               {}
func (silent) SawHost(inventory.Source, []byte, int, bool)           {}
func (silent) SawCookie(inventory.Source, string, string, int, bool) {}
func (silent) SawOwn(int, bool)                                      {}
