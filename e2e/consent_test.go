package e2e

import (
	"slices"
	"strings"
	"testing"
)

// The site's own Matomo stays in the country; everything else of the demo
// leaves it (policy 3.2.6).
func TestAcceptReleasesOnlyWhatStaysInTheCountry(t *testing.T) {
	for _, unknown := range []string{"allow", "block"} {
		t.Run("unknown "+unknown, func(t *testing.T) {
			s := newServer(t, "CROSS_BORDER=deny", "UNKNOWN="+unknown)
			origin := s.recordOrigin()
			s.start()
			b := openBrowser(t, newWorld(t))
			b.visit(s.url("/product.html"))
			must[bool](b, `(scrollTo(0, 300), scrollY === 300)`)
			b.choose("accept")
			eventuallyCounts(t, origin, "/matomo.php", 1)
			if at := must[string](b, `location.pathname + ' ' + Math.round(scrollY)`); at != "/product.html 300" {
				t.Errorf("the page came back at %s, not where the visitor was", at)
			}
			b.until(`document.querySelector('[data-service=matomo]')?.dataset.status === 'runs'`)
			for _, service := range []string{"ga4", "gtm", "yandex_metrica", "meta_pixel", "hotjar", "clarity", "youtube"} {
				b.until(`document.querySelector('[data-service=` + service + `]')?.dataset.status === 'never'`)
			}
			for _, page := range pages {
				b.visit(s.url(page))
				b.until(decided)
			}
			if leaks := b.leaks(); len(leaks) > 0 {
				t.Errorf("reached %v, asked for %v", leaks, b.world.asked())
			}
			if cookies := b.cookies(); !slices.Equal(cookies, []string{"_pk_id.1.demo", "privacy_choice"}) {
				t.Errorf("the browser holds the cookies %v", cookies)
			}
		})
	}
}

func TestWithTransferAbroadAllowedAcceptReleasesAndWithdrawStops(t *testing.T) {
	for _, unknown := range []string{"allow", "block"} {
		t.Run("unknown "+unknown, func(t *testing.T) {
			s := newServer(t, "CROSS_BORDER=allow", "UNKNOWN="+unknown)
			origin := s.recordOrigin()
			s.start()
			b := openBrowser(t, newWorld(t))
			b.visit(s.url("/"))
			if leaks := b.leaks(); len(leaks) > 0 {
				t.Fatalf("undecided: reached %v", leaks)
			}
			b.visit(s.url("/"))
			b.choose("accept")
			// The page's hints and what its scripts ask for.
			scripts := []string{
				"connect.facebook.net/en_US/fbevents.js", "mc.yandex.ru/metrika/tag.js", "static.hotjar.com/c/hotjar-1000000.js",
				"www.clarity.ms/tag/demo000000", "www.googletagmanager.com/gtag/js", "www.googletagmanager.com/gtm.js",
				"www.youtube.com/embed/DEMO0000000",
			}
			eventuallyAsked(t, b.world, scripts)
			eventuallyCounts(t, origin, "/matomo.php", 1)
			b.visit(s.url("/"))
			vendors := []string{"_clck", "_fbp", "_ga", "_hjSession_1000000", "_pk_id.1.demo", "_ym_uid"}
			if absent := missing(vendors, b.cookies()); len(absent) > 0 {
				t.Errorf("the allowed trackers set no %v, only %v", absent, b.cookies())
			}

			b.visit(s.url("/.privacy/"))
			b.click(`document.querySelector('button[value=withdraw]')`)
			b.until(`document.readyState === 'complete' && !document.querySelector('button[value=withdraw]')`)
			b.visit("about:blank") // nothing of an allowed page is left to speak
			b.world.forget()
			before := origin.count("/matomo.*")
			for _, page := range pages {
				b.visit(s.url(page))
				b.until(decided)
			}
			if leaks := b.leaks(); len(leaks) > 0 {
				t.Errorf("withdrawn: reached %v, asked for %v", leaks, b.world.asked())
			}
			if after := origin.count("/matomo.*"); after != before {
				t.Errorf("withdrawn: %d requests of the statistics reached Matomo", after-before)
			}
			if cookies := b.cookies(); !slices.Equal(cookies, []string{"privacy_choice"}) {
				t.Errorf("withdrawn: the browser holds the cookies %v", cookies)
			}
		})
	}
}

// Design: allowed pages carry the origin's scripts as the origin wrote them.
func TestAllowedPageIsTheOriginsWithTwoInsertions(t *testing.T) {
	s := startServer(t, "CROSS_BORDER=allow")
	v := newVisitor(t)
	v.choose(s, "accept")
	for _, page := range pages {
		beforeHead, rest, ok := strings.Cut(string(file(t, page)), "<head>")
		beforeBody, afterBody, ok2 := strings.Cut(rest, "<body>")
		if !ok || !ok2 {
			t.Fatalf("%s: the demo page has no plain head and body tags", page)
		}
		got, fits := strings.CutPrefix(v.get(s.url(page)), beforeHead+"<head>")
		got, fits2 := strings.CutSuffix(got, afterBody)
		head, body, fits3 := strings.Cut(got, beforeBody+"<body>")
		if !fits || !fits2 || !fits3 {
			t.Errorf("%s: the bytes outside of the insertions are not the origin's", page)
			continue
		}
		if !strings.HasPrefix(head, "<script>") || strings.Count(head, "</script>") != 1 || !strings.HasSuffix(head, "</script>") {
			t.Errorf("%s: in the head stands more than one script: %.200s", page, head)
		}
		if !strings.HasPrefix(body, "<div id=privacy-control ") || strings.Count(body, "</div>") != 1 || !strings.HasSuffix(body, "</div>") {
			t.Errorf("%s: in the body stands more than the control: %.200s", page, body)
		}
	}
}
