package catalogue

import (
	"bytes"
	"strings"
	"testing"
)

// references are the classes of URLs that pages consist of.
func references() []struct{ name, raw string } {
	return []struct{ name, raw string }{
		{"known", "https://connect.facebook.net/en_US/fbevents.js"},
		{"below", "https://script.hotjar.com/modules.1.js"},
		{"shared", "https://www.google.com/recaptcha/api.js"},
		{"query", "https://www.googletagmanager.com/gtag/js?id=G-ABC123"},
		{"country", "https://mc.yandex.kz/metrika/tag.js"},
		{"unknown", "https://cdn.example.org/lib/app.js"},
		{"own", "/assets/app.3f2a1b.js"},
		{"own_host", "https://mamen.ai/assets/app.3f2a1b.js"},
		{"relative", "img/shoe.jpg"},
		{"upward", "../img/shoe.jpg"},
		{"long", "https://cdn.example.org/lib/app.js?v=" + strings.Repeat("abcdef0123456789&utm_source=x&", 8)},
		{"odd", "ht\ttps:\\\\u@MC.yandex.ru:443/%6detrika/./tag.js"},
	}
}

func BenchmarkLocate(b *testing.B) {
	scratch := make([]byte, 512)
	for _, r := range references() {
		b.Run(r.name, func(b *testing.B) {
			work := []byte(r.raw)
			b.ReportAllocs()
			for b.Loop() {
				Locate(work, page, scratch)
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	c := builtinCatalogue(b)
	for _, r := range references() {
		b.Run(r.name, func(b *testing.B) {
			l := Locate([]byte(r.raw), page, nil)
			b.ReportAllocs()
			for b.Loop() {
				c.Find(l)
			}
		})
	}
}

// BenchmarkClassify is what one reference of a page costs: Locate and Find.
func BenchmarkClassify(b *testing.B) {
	c := builtinCatalogue(b)
	scratch := make([]byte, 512)
	for _, r := range references() {
		b.Run(r.name, func(b *testing.B) {
			work := []byte(r.raw)
			b.ReportAllocs()
			for b.Loop() {
				c.Find(Locate(work, page, scratch))
			}
		})
	}
}

// BenchmarkHostMap is the baseline of BenchmarkFind: a map of whole hosts, asked
// for the host and every domain above it, which tells no paths apart.
func BenchmarkHostMap(b *testing.B) {
	c := builtinCatalogue(b)
	hosts := make(map[string]int)
	for i, patterns := range c.patterns {
		for _, p := range patterns {
			hosts[p.host] = i
		}
	}
	for _, r := range references() {
		b.Run(r.name, func(b *testing.B) {
			host := string(Locate([]byte(r.raw), page, nil).Host)
			for b.Loop() {
				for domain, more := host, true; more; _, domain, more = strings.Cut(domain, ".") {
					if _, ok := hosts[domain]; ok {
						break
					}
				}
			}
		})
	}
}

func BenchmarkFindRequest(b *testing.B) {
	c := builtinCatalogue(b)
	for _, r := range []struct{ name, path, query string }{
		{"root", "/", ""},
		{"asset", "/assets/app.3f2a.js", ""},
		{"page", "/catalog/shoes/42", "page=2"},
		{"api", "/api/v1/items", ""},
		{"collector", "/matomo.php", "idsite=1&rec=1"},
	} {
		b.Run(r.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.FindRequest("mamen.ai", r.path, r.query)
			}
		})
	}
}

func BenchmarkFindCookie(b *testing.B) {
	c := builtinCatalogue(b)
	found := make([]int, 0, 8)
	for _, r := range []struct{ name, cookie string }{
		{"own", "_own_session_token"},
		{"session", "PHPSESSID"},
		{"whole", "_fbp"},
		{"pattern", "_ga_ABC123DEF4"},
	} {
		b.Run(r.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.FindCookie(r.cookie, found)
			}
		})
	}
}

func inlineScript() []byte {
	return []byte(strings.Repeat(`window.app=window.app||{};app.cart=function(id){return fetch("/api/cart/"+id).then(r=>r.json())};`+"\n", 160))
}

func BenchmarkFindInline(b *testing.B) {
	c := builtinCatalogue(b)
	script := inlineScript()
	found := make([]int, 0, 8)
	for name, find := range map[string]func(){
		"new":   func() { c.markers.find(script, found) },
		"known": func() { c.FindInline(script, found) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(script)))
			b.ReportAllocs()
			for b.Loop() {
				find()
			}
		})
	}
}

// BenchmarkContainsEachMarker is the baseline of BenchmarkFindInline: one search
// per marker, which doesn't see other spellings.
func BenchmarkContainsEachMarker(b *testing.B) {
	c := builtinCatalogue(b)
	script := inlineScript()
	var markers [][]byte
	for _, s := range c.Services() {
		for _, marker := range s.Inline {
			markers = append(markers, []byte(marker))
		}
	}
	b.SetBytes(int64(len(script)))
	for b.Loop() {
		for _, marker := range markers {
			bytes.Contains(script, marker)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	services, err := Builtin()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := New(services); err != nil {
			b.Fatal(err)
		}
	}
}
