package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/snippettest"
)

// visitSnippets opens the page of each shape and holds it to what the services
// that run are: what is asked for, what runs, and that the page's own code does.
func (b *browser) visitSnippets(site *snippetSite, state, base string, runs func(id string) bool, shapes ...snippettest.Shape) {
	b.t.Helper()
	for _, shape := range shapes {
		name := fmt.Sprintf("%s, %s", state, shape)
		var included, running []snippettest.Service
		var want []string
		for _, s := range site.snippets {
			targets := s.Targets(shape)
			if len(targets) == 0 {
				continue
			}
			included = append(included, s)
			if runs(s.ID) {
				running = append(running, s)
				for _, target := range targets {
					want = append(want, bare(target))
				}
			}
		}
		slices.Sort(want)
		b.world.forget()
		b.scripts(shape != snippettest.Noscript)
		b.visit(base + "/" + string(shape))
		eventually(b.t, name+": what is allowed is asked for", func() error {
			if absent := missing(want, b.world.addressed()); len(absent) > 0 {
				return fmt.Errorf("not asked for: %v", absent)
			}
			return nil
		})
		if shape != snippettest.Noscript {
			b.judgeRun(name, shape, included, running)
		}
		reached := b.leaks()
		asked := slices.DeleteFunc(b.world.addressed(), func(address string) bool { return strings.HasPrefix(address, sentinel) })
		asked = slices.Compact(asked) // how often a script is fetched ahead is the browser's matter; it runs once
		if !slices.Equal(asked, want) {
			b.t.Errorf("%s: asked for\n%s\nnot\n%s", name, strings.Join(asked, "\n"), strings.Join(want, "\n"))
		}
		for _, host := range reached {
			if !slices.ContainsFunc(want, func(address string) bool { return strings.HasPrefix(address, host+"/") }) {
				b.t.Errorf("%s: %s was connected to", name, host)
			}
		}
	}
}

// judgeRun holds what ran in the page to what is included and what may run.
func (b *browser) judgeRun(name string, shape snippettest.Shape, included, running []snippettest.Service) {
	b.t.Helper()
	loaders := running
	if shape == snippettest.Image {
		loaders = nil
	}
	b.until(fmt.Sprintf("done && ran.length >= %d", len(loaders)))
	list := func(variable string) []string { return must[[]string](b, variable) }
	if failed := list("failed"); len(failed) > 0 {
		b.t.Errorf("%s: uncaught: %q", name, failed)
	}
	if own := list("own"); !slices.Equal(own, ids(included)) {
		b.t.Errorf("%s: of the page's own code ran not %v", name, missing(ids(included), own))
	}
	snippets := slices.DeleteFunc(list("snippets"), func(id string) bool { return !slices.Contains(ids(running), id) })
	if !slices.Equal(snippets, ids(running)) {
		b.t.Errorf("%s: snippets ran as %v, not %v", name, snippets, ids(running))
	}
	ran := list("ran")
	if ordered := slices.Sorted(slices.Values(ran)); !slices.Equal(ordered, ids(loaders)) {
		b.t.Errorf("%s: scripts ran as %v, not %v", name, ran, ids(loaders))
	}
	// Scripts that the parser waits for run in the page's order.
	waiting := slices.DeleteFunc(slices.Clone(loaders), func(s snippettest.Service) bool {
		return shape != snippettest.Write && (shape != snippettest.Plain || s.Queue != "")
	})
	ran = slices.DeleteFunc(ran, func(id string) bool { return !slices.Contains(ids(waiting), id) })
	if !slices.Equal(ran, ids(waiting)) {
		b.t.Errorf("%s: scripts ran in the order %v, not %v", name, ran, ids(waiting))
	}
}

func ids(services []snippettest.Service) []string {
	var list []string
	for _, s := range services {
		list = append(list, s.ID)
	}
	return list
}

// Without this the tests that find nothing would prove nothing.
func TestWithoutEdgeEverySnippetReachesItsService(t *testing.T) {
	site := newSnippetSite(t)
	w := newWorld(t)
	w.answer = site.answers
	openBrowser(t, w).visitSnippets(site, "without the edge", site.origin, func(string) bool { return true }, snippettest.Shapes()...)
}

// save posts a choice from a page of the site, as the banner's form does.
func (b *browser) save(s *server, allow []string) {
	b.t.Helper()
	b.scripts(true)
	b.visit(s.url("/"))
	back := "/?saved=" + strings.Join(allow, ".")
	fields := [][2]string{{"choice", "save"}, {"return", back}}
	for _, word := range allow {
		fields = append(fields, [2]string{"allow", word})
	}
	inputs := ""
	for _, field := range fields {
		inputs += fmt.Sprintf("<input name=%s value=%q>", field[0], field[1])
	}
	must[bool](b, fmt.Sprintf(`(f => { f.method = 'post'; f.action = '/.privacy/choice'; f.innerHTML = '%s'; document.body.append(f); f.submit(); return true; })(document.createElement('form'))`, inputs))
	b.until(fmt.Sprintf(`document.readyState === 'complete' && (location.pathname + location.search) === '%s'`, back))
}

// categorySets are the eight sets of categories that a visitor can allow.
func categorySets() [][]string {
	var sets [][]string
	names := consent.Optional()
	for bits := range 1 << len(names) {
		var set []string
		for i, name := range names {
			if bits>>i&1 == 1 {
				set = append(set, name.String())
			}
		}
		sets = append(sets, set)
	}
	return sets
}

// allows reports what a saved choice lets run.
func (site *snippetSite) allows(state []string) func(id string) bool {
	return func(id string) bool {
		category := site.categories[id]
		return category == consent.Necessary || slices.Contains(state, category.String()) || slices.Contains(state, id)
	}
}

// Policy 5: exactly what the visitor allowed is reached, and the rest of the page
// works in every state.
func TestExactlyWhatIsAllowedIsReached(t *testing.T) {
	site := newSnippetSite(t)
	s := snippetEdge(t, site, "unknown allow")
	w := newWorld(t)
	w.answer = site.answers
	b := openBrowser(t, w)
	b.visitSnippets(site, "undecided", s.url(""), site.allows(nil), snippettest.Shapes()...)
	for _, set := range categorySets() {
		b.save(s, set)
		b.visitSnippets(site, fmt.Sprint(set), s.url(""), site.allows(set), snippettest.Shapes()...)
	}
	// Services of one host, of one vendor, of the region, and beside a category.
	for _, services := range [][]string{
		{"ga4"}, {"google_ads"}, {"gtm"}, {"meta_pixel"}, {"yandex_metrica"}, {"zero_kz"}, {"jivo", "vk_pixel"}, {"statistics", "youtube"},
	} {
		b.save(s, services)
		b.visitSnippets(site, fmt.Sprint(services), s.url(""), site.allows(services), snippettest.Async, snippettest.Write, snippettest.Noscript)
	}
}

// The same where everything unknown is blocked, for what sites of the region and
// of the world commonly use together; a whole catalogue's policy would be too long.
// The pages hold the snippets of all others as well, which never run.
func TestExactlyWhatIsAllowedIsReachedWithUnknownBlocked(t *testing.T) {
	site := newSnippetSite(t)
	w := newWorld(t)
	w.answer = site.answers
	b := openBrowser(t, w)
	for _, group := range []struct {
		services string
		states   [][]string
	}{
		{"yandex_metrica top_mailru vk_pixel jivo zero_kz liveinternet calltouch mindbox yandex_maps yandex_rtb",
			[][]string{nil, {"statistics"}, {"functional", "statistics", "marketing"}}},
		{"ga4 gtm google_ads meta_pixel hotjar clarity youtube recaptcha tiktok_pixel linkedin_insight",
			[][]string{{"google_ads"}, {"functional", "statistics", "marketing"}}},
	} {
		s := snippetEdge(t, site, "unknown block", "service "+group.services)
		used := strings.Fields(group.services)
		for _, state := range group.states {
			b.save(s, state)
			allowed := site.allows(state)
			runs := func(id string) bool {
				return allowed(id) && (slices.Contains(used, id) || site.categories[id] == consent.Necessary)
			}
			b.visitSnippets(site, fmt.Sprint("unknown block, ", state), s.url(""), runs, snippettest.Shapes()...)
		}
	}
}
