package e2e

import (
	"slices"
	"strings"
	"testing"
)

// Without JavaScript the same forms do the same things, in each language: the
// banner, the choice by category, the privacy page.
func TestFormsWorkWithoutJavaScriptInEveryLanguage(t *testing.T) {
	s := newServer(t)
	origin := s.recordOrigin()
	s.start()
	for _, language := range []struct{ code, page, title string }{
		{"ru", "/product.html", "конфиденциальность"},
		{"kk", "/kk.html", "құпиялығыңыз"},
		{"en", "/en.html", "privacy"},
	} {
		t.Run(language.code, func(t *testing.T) {
			b := openBrowser(t, newWorld(t))
			b.withoutScripts()
			b.visit(s.url(language.page))
			b.until(asked)
			if lang := must[string](b, `document.getElementById('privacy-choice').lang`); lang != language.code {
				t.Errorf("the banner speaks %s on a page in %s", lang, language.code)
			}

			b.click(bannerPart("summary"))
			b.until(bannerRoot + `.querySelector('details').open`)
			b.click(bannerPart("input[value=statistics]"))
			b.until(bannerRoot + `.querySelector('input[value=statistics]').checked`)
			before := origin.count("/matomo.php")
			b.click(bannerPart("button[value=save]"))
			b.until(decided)
			if path := must[string](b, `location.pathname`); path != language.page {
				t.Errorf("the choice led to %s instead of back to %s", path, language.page)
			}
			// Without JavaScript Matomo counts by its picture.
			eventuallyCounts(t, origin, "/matomo.php", before+1)

			b.visit(s.url("/.privacy/?lang=" + language.code))
			if heading := must[string](b, `document.querySelector('h1').textContent`); !strings.Contains(strings.ToLower(heading), language.title) {
				t.Errorf("the privacy page is headed %q", heading)
			}
			if !must[bool](b, `document.querySelector('input[value=statistics]').checked`) {
				t.Error("the privacy page doesn't show the choice")
			}
			b.click(`document.querySelector('main form button[value=refuse]')`)
			b.until(`document.readyState === 'complete' && !!document.querySelector('[role=status]') && !document.querySelector('input[value=statistics]').checked`)
			if at := must[string](b, `location.pathname + ' ' + document.documentElement.lang`); at != "/.privacy/ "+language.code {
				t.Errorf("the privacy page came back as %s", at)
			}
			b.visit(s.url(language.page))
			b.until(decided)
			if leaks := b.leaks(); len(leaks) > 0 {
				t.Errorf("reached %v", leaks)
			}
			if cookies := b.cookies(); !slices.Equal(cookies, []string{"privacy_choice"}) {
				t.Errorf("the browser holds the cookies %v", cookies)
			}
		})
	}
}
