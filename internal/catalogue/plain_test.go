package catalogue

import (
	"bytes"
	"testing"
)

// FuzzPlainSpellings checks that the short way of locating plain references gives
// what the way for all of them does.
func FuzzPlainSpellings(f *testing.F) {
	for _, seed := range []string{
		"https://mc.yandex.ru/metrika/tag.js?a=b#c", "//cdn.example.org", "http://cdn.example.org?x=%41%2F#y",
		"/assets/app.js?v=1", "/", "/#", "/?", "/a/.b", "/a/./b", "/a//b", "/\t/mc.yandex.ru/x", "/a\n/b", "/a?b\r=c", "/a#\n",
		"//mc.yandex.ru./", "//mc.yandex.ru..", "//a..b/", "///x", "https:/x", "https:x", "//MC.yandex.ru/", "//x:80/", "//u@x/", "//x\\y", "//%6d/",
		"//é.example/", "/é", "/a b", "//a b/", "//[::1]/", "//", "https://", "//.", "//?", "/a%2e", "//x#/..", "//x?/../#?", "", ".", "?a", "#a", "a.js", "data:,x", "a:b", "a/b:c", "a?b:c", "a/b.js?c=d#e", "a/../b", "./a", "a\\b", "1a", "a\tb:c", " a",
	} {
		f.Add(seed, "mamen.ai", "/shop/")
	}
	f.Add("x", "mamen.ai", "")
	f.Add("x", "mamen.ai", "/%61/./b/c")
	f.Add("/x", "MAMEN.ai", "")
	f.Add("/x", "mamen.ai.", "")
	f.Add("/x", "", "")
	f.Fuzz(func(t *testing.T, raw, host, path string) {
		base := page
		base.Host, base.Path = host, path
		reference := trimControls([]byte(raw))
		for _, size := range []int{0, 512} {
			got, ok := locatePlain(reference, base, make([]byte, size))
			if !ok {
				return
			}
			want := locateOdd(reference, base, make([]byte, size))
			if got.Kind != want.Kind || !bytes.Equal(got.Host, want.Host) || !bytes.Equal(got.Path, want.Path) || !bytes.Equal(got.Query, want.Query) {
				t.Fatalf("%q is at %q, want %q", raw, got, want)
			}
		}
	})
}
