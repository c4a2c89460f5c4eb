package catalogue

import (
	"strings"
	"testing"
)

func BenchmarkLocate(b *testing.B) {
	scratch := make([]byte, 512)
	for name, raw := range map[string]string{
		"third_party": "https://www.googletagmanager.com/gtag/js?id=G-ABC123",
		"own":         "/assets/app.3f2a1b.js",
		"relative":    "../img/shoe.jpg",
		"odd":         "ht\ttps:\\\\u@MC.yandex.ru:443/%6detrika/./tag.js",
	} {
		b.Run(name, func(b *testing.B) {
			work := []byte(raw)
			b.ReportAllocs()
			for b.Loop() {
				Locate(work, page, scratch)
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	c := builtinCatalogue(b)
	for name, raw := range map[string]string{
		"known":   "https://www.googletagmanager.com/gtag/js?id=G-ABC123",
		"below":   "https://script.hotjar.com/modules.1.js",
		"country": "https://mc.yandex.kz/metrika/tag.js",
		"unknown": "https://cdn.example.org/lib/app.js",
		"own":     "/assets/app.3f2a1b.js",
	} {
		b.Run(name, func(b *testing.B) {
			l := Locate([]byte(raw), page, nil)
			b.ReportAllocs()
			for b.Loop() {
				c.Find(l)
			}
		})
	}
}

func BenchmarkFindRequest(b *testing.B) {
	c := builtinCatalogue(b)
	b.ReportAllocs()
	for b.Loop() {
		c.FindRequest("mamen.ai", "/catalog/shoes/item-12", "page=2&sort=price")
	}
}

func BenchmarkFindCookie(b *testing.B) {
	c := builtinCatalogue(b)
	b.ReportAllocs()
	for b.Loop() {
		c.FindCookie("_own_session_token", nil)
	}
}

func BenchmarkFindInline(b *testing.B) {
	c := builtinCatalogue(b)
	script := []byte(strings.Repeat(`window.app=window.app||{};app.cart=function(id){return fetch("/api/cart/"+id).then(r=>r.json())};`+"\n", 160))
	found := make([]int, 0, 8)
	b.SetBytes(int64(len(script)))
	b.ReportAllocs()
	for b.Loop() {
		c.FindInline(script, found)
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
