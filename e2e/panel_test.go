package e2e

import (
	"fmt"
	"maps"
	"testing"
)

// panel returns what the demo page's live panel says of each tracker.
func panel(b *browser) map[string]string {
	b.t.Helper()
	return must[map[string]string](b, `Object.fromEntries([...document.querySelectorAll('#trackers [data-service]')]
		.map(row => [row.dataset.service, row.dataset.status]))`)
}

// The demo page tells what its trackers do: what it can see, and no more.
func TestPanelTellsWhatHappens(t *testing.T) {
	foreign := []string{"ga4", "gtm", "yandex_metrica", "meta_pixel", "hotjar", "clarity"}
	all := func(script, matomo, video string) map[string]string {
		said := map[string]string{"matomo": matomo, "youtube": video}
		for _, id := range foreign {
			said[id] = script
		}
		return said
	}
	servers := map[string]*server{}
	for _, crossBorder := range []string{"allow", "deny"} {
		servers[crossBorder] = startServer(t, "CROSS_BORDER="+crossBorder)
	}
	for _, c := range []struct {
		name   string
		abroad string
		online bool
		choice string
		said   map[string]string
	}{
		{"undecided", "allow", true, "", all("blocked", "blocked", "blocked")},
		{"refused", "deny", true, "refuse", all("never", "blocked", "never")},
		{"allowed at home", "deny", true, "accept", all("never", "runs", "never")},
		{"allowed", "allow", true, "accept", all("runs", "runs", "waiting")},
		{"allowed without a network", "allow", false, "accept", all("unreachable", "runs", "waiting")},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := servers[c.abroad]
			w := newWorld(t)
			if !c.online {
				w.listener.Close()
			}
			b := openBrowser(t, w)
			b.visit(s.url("/"))
			if c.choice != "" {
				b.choose(c.choice)
			}
			eventually(t, "the panel tells the truth", func() error {
				if said := panel(b); !maps.Equal(said, c.said) {
					return fmt.Errorf("it says %v, not %v", said, c.said)
				}
				return nil
			})
		})
	}
	t.Run("without the edge", func(t *testing.T) {
		b := openBrowser(t, newWorld(t))
		b.visit(servers["deny"].originURL("/"))
		b.until(`!!document.querySelector('#trackers .live.leak')`)
		if said := panel(b); len(said) > 0 {
			t.Errorf("it says %v of trackers that nothing gates", said)
		}
	})
}

// Design §4: a page brought back from the browser's memory follows the choice.
func TestPageBroughtBackFollowsTheChoice(t *testing.T) {
	s := startServer(t)
	b := openBrowser(t, newWorld(t))
	b.visit(s.url("/"))
	b.until(asked)
	b.visit(s.url("/.privacy/"))
	b.click(`document.querySelector('main form button[value=accept]')`)
	b.until(`document.readyState === 'complete' && !!document.querySelector('button[value=withdraw]')`)
	must[bool](b, `(history.go(-2), true)`)
	b.until(`location.pathname === '/'`)
	b.until(decided)
	b.until(`document.querySelector('[data-service=matomo]')?.dataset.status === 'runs'`)
}
