// Package collateral shows on thousands of real pages that the edge leaves alone
// what isn't a tracker, byte for byte.
package collateral

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mamen-ai/consentgate/e2e/corpus"
	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
	"github.com/mamen-ai/consentgate/internal/inventory"
	"golang.org/x/net/html"
)

// What the test inserts in the banner's stead.
const (
	insertedID   = "edge-inserted-"
	insertedHead = `<script id=edge-inserted-1>"use strict"</script>`
	insertedBody = `<div id=edge-inserted-2>asks</div>`
)

// At least as many must be found for the tests to say anything.
const (
	leastPages   = 1000
	leastScripts = 5000
)

// pages lists the files of the corpus.
func pages(t *testing.T) []string {
	t.Helper()
	list, err := corpus.Pages()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// mode is one way to treat the unknown, and what was seen in it.
type mode struct {
	name   string
	permit *gate.Permit
	judge  *judge

	suspected, edits atomic.Int64
}

func newModes(t *testing.T) (modes []*mode, compiled *catalogue.Catalogue) {
	t.Helper()
	services, err := catalogue.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	compiled, err = catalogue.New(services)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]bool{"unknown allow": false, "unknown block": true} {
		g, err := gate.New(gate.Options{Catalogue: compiled, Jurisdiction: "KZ", Prefix: "/.privacy/", BlockUnknown: block})
		if err != nil {
			t.Fatal(err)
		}
		modes = append(modes, &mode{name: name, permit: g.Permit(consent.Choice{}), judge: newJudge(services, block)})
	}
	return modes, compiled
}

type ignore struct{}

func (ignore) Blocked(gate.Layer, int)                               {}
func (ignore) Ran(int)                                               {}
func (ignore) SawHost(inventory.Source, []byte, int, bool)           {}
func (ignore) SawCookie(inventory.Source, string, string, int, bool) {}
func (ignore) SawOwn(int, bool)                                      {}

func (m *mode) rewrite(page string) string {
	var elements gate.Elements
	base := catalogue.Base{Scheme: "https", Host: ownHost, Path: "/docs/", FirstParty: catalogue.HostSet{ownHost}}
	elements.Reset(m.permit, base, ignore{}, gate.Insertion{
		Head: []byte(insertedHead),
		Body: func(gate.Place) []byte { return []byte(insertedBody) },
	})
	var out strings.Builder
	rewriter := htmlstream.NewRewriter(&out, &elements)
	rewriter.Write([]byte(page)) // a Rewriter fails only with its writer
	rewriter.Close()
	return out.String()
}

// compare returns what is wrong with a page's output: a change in an element that
// has nothing of a tracker, or any change but the renaming of attributes.
func (m *mode) compare(page, out string, before, after []node) error {
	base := baseOf(before)
	suspects := make(map[*html.Node]bool)
	for _, n := range before {
		if m.judge.suspects(n.Node, base) {
			suspects[n.Node] = true
		}
	}
	changed, err := edited(before, after)
	if err != nil {
		return err
	}
	for _, element := range changed {
		if !suspects[element] {
			return fmt.Errorf("<%s %v> was edited without a tracker in it", element.Data, element.Attr)
		}
	}
	if len(suspects) > 0 {
		m.suspected.Add(1)
	}
	m.edits.Add(int64(len(changed)))
	rest := strings.Replace(strings.Replace(out, insertedHead, "", 1), insertedBody, "", 1)
	if len(changed) > 0 {
		rest, page = edits.ReplaceAllString(rest, ""), edits.ReplaceAllString(page, "")
	}
	if rest != page {
		return fmt.Errorf("outside the insertions it isn't the same, from byte %d on", firstDifference(rest, page))
	}
	return nil
}

// edits is what neutralises an element.
var edits = regexp.MustCompile(htmlstream.RenamePrefix + "| type=text/plain | src=/.privacy/embed/[a-z0-9_]+(?:/at/[A-Za-z0-9_-]+)? |data:,")

func firstDifference(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// TestPagesStayAsTheyAre pins that nothing but a tracker's element is edited, and
// that a page without one is the same, byte for byte, when the two insertions are
// taken out.
func TestPagesStayAsTheyAre(t *testing.T) {
	modes, _ := newModes(t)
	var compared, size, deep atomic.Int64
	wrong := each(pages(t), func(page string) error {
		before, err := tree(page)
		if err != nil {
			deep.Add(1) // x/net/html nests 512 elements at most
			return nil
		}
		compared.Add(1)
		size.Add(int64(len(page)))
		var out string
		var after []node
		for _, m := range modes {
			if rewritten := m.rewrite(page); rewritten != out {
				out = rewritten
				if after, err = tree(out); err != nil {
					return fmt.Errorf("%s: %w", m.name, err)
				}
			}
			if err := m.compare(page, out, before, after); err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
		}
		return nil
	})
	for _, err := range wrong[:min(len(wrong), 20)] {
		t.Error(err)
	}
	t.Logf("%d pages with %d bytes compared, %d nested too deeply; %d false positives", compared.Load(), size.Load(), deep.Load(), len(wrong))
	for _, m := range modes {
		cleared := compared.Load() - m.suspected.Load()
		t.Logf("%s: %d pages have nothing of a tracker, in the others %d elements were edited", m.name, cleared, m.edits.Load())
		if cleared < leastPages {
			t.Errorf("%s: only %d pages have nothing of a tracker, %d are wanted", m.name, cleared, leastPages)
		}
	}
}

// TestScriptsOfSitesArentTrackers pins that the markers of inline snippets fit no
// script of another kind.
func TestScriptsOfSitesArentTrackers(t *testing.T) {
	modes, compiled := newModes(t)
	var all, clean atomic.Int64
	var mu sync.Mutex
	distinct := make(map[string]bool) // whether it has nothing of a tracker
	wrong := each(pages(t), func(page string) error {
		tokens := html.NewTokenizer(strings.NewReader(page))
		for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
			if name, _ := tokens.TagName(); kind != html.StartTagToken || string(name) != "script" || tokens.Next() != html.TextToken {
				continue
			}
			script := string(tokens.Text())
			all.Add(1)
			mu.Lock()
			free, known := distinct[script]
			mu.Unlock()
			if !known {
				free = !modes[0].judge.suspectsText(script)
				mu.Lock()
				distinct[script] = free
				mu.Unlock()
			}
			if !free {
				continue
			}
			clean.Add(1)
			if found := compiled.FindInline([]byte(script), nil); len(found) > 0 {
				return fmt.Errorf("taken for %s: %.200q", compiled.Services()[found[0]].ID, script)
			}
		}
		return nil
	})
	for _, err := range wrong[:min(len(wrong), 20)] {
		t.Error(err)
	}
	t.Logf("%d inline scripts, %d of them without a tracker's words, %d distinct ones in all; %d false positives", all.Load(), clean.Load(), len(distinct), len(wrong))
	if clean.Load() < leastScripts {
		t.Errorf("only %d inline scripts have nothing of a tracker, %d are wanted", clean.Load(), leastScripts)
	}
}

// each calls judge for every page on all processors and returns its errors with
// the file's name.
func each(list []string, judge func(page string) error) (wrong []error) {
	var mu sync.Mutex
	var workers sync.WaitGroup
	next := make(chan string)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for path := range next {
				page, err := os.ReadFile(path)
				if err == nil {
					err = judge(string(page))
				}
				if err != nil {
					mu.Lock()
					wrong = append(wrong, fmt.Errorf("%s: %w", path, err))
					mu.Unlock()
				}
			}
		})
	}
	for _, path := range list {
		next <- path
	}
	close(next)
	workers.Wait()
	return wrong
}
