package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// pages are the demo site's, in the languages of its visitors.
var pages = []string{"/", "/product.html", "/blog.html", "/kk.html", "/en.html"}

// trackers are the foreign hosts that the demo's snippets lead to with
// JavaScript, and those that remain without it.
var (
	trackers = []string{
		"connect.facebook.net", "mc.yandex.ru", "static.hotjar.com", "www.clarity.ms",
		"www.google-analytics.com", "www.googletagmanager.com", "www.youtube.com",
	}
	noscriptTrackers = []string{"mc.yandex.ru", "www.facebook.com", "www.googletagmanager.com", "www.youtube.com"}
)

func missing(want, have []string) []string {
	return slices.DeleteFunc(slices.Clone(want), func(w string) bool { return slices.Contains(have, w) })
}

// Without this the tests that find no connection would prove nothing.
func TestWithoutEdgeThePagesReachTrackers(t *testing.T) {
	s := startServer(t)
	for _, mode := range []struct {
		name     string
		scripts  bool
		trackers []string
		cookies  []string
	}{
		{"with JavaScript", true, trackers, []string{"_ga", "_ym_uid", "_fbp", "_pk_id.1.demo"}},
		{"without JavaScript", false, noscriptTrackers, []string{"_ga"}},
	} {
		t.Run(mode.name, func(t *testing.T) {
			b := openBrowser(t, newWorld(t))
			if !mode.scripts {
				b.withoutScripts()
			}
			b.visit(s.originURL("/"))
			eventually(t, "the trackers are reached", func() error {
				if absent := missing(mode.trackers, b.world.reached()); len(absent) > 0 {
					return fmt.Errorf("not reached: %v", absent)
				}
				return nil
			})
			if absent := missing(mode.cookies, b.cookies()); len(absent) > 0 {
				t.Errorf("the trackers set no %v, only %v", absent, b.cookies())
			}
		})
	}
}

// Policy 5: of cookies, beacons, pixels, tags and scripts nothing runs before
// consent or after a refusal, whichever way the unknown is treated and whether
// or not scripts run.
func TestNothingForeignIsReachedWithoutConsent(t *testing.T) {
	for _, unknown := range []string{"allow", "block"} {
		s := newServer(t, "UNKNOWN="+unknown)
		origin := s.recordOrigin()
		s.start()
		for _, scripts := range []string{"with JavaScript", "without JavaScript"} {
			t.Run("unknown "+unknown+" "+scripts, func(t *testing.T) {
				b := openBrowser(t, newWorld(t))
				if strings.HasPrefix(scripts, "without") {
					b.withoutScripts()
				}
				check := func(state string, mayHold ...string) {
					for _, page := range pages {
						b.visit(s.url(page))
						if scripts == "with JavaScript" {
							b.until(`!!document.querySelector('#trackers .live li')`)
						}
					}
					if leaks := b.leaks(); len(leaks) > 0 {
						t.Errorf("%s: reached %v, asked for %v", state, leaks, b.world.asked())
					}
					if cookies := missing(b.cookies(), mayHold); len(cookies) > 0 {
						t.Errorf("%s: the browser holds the cookies %v", state, cookies)
					}
					if count := origin.count("/matomo.*"); count > 0 {
						t.Errorf("%s: %d requests of the statistics reached the site's own Matomo", state, count)
					}
				}
				check("undecided")
				b.visit(s.url("/"))
				b.choose("refuse")
				check("refused", "privacy_choice")
			})
		}
	}
}
