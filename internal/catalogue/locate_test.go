package catalogue

import (
	"bytes"
	"strings"
	"testing"
)

// page is the document in which the references of these tests stand.
var page = Base{
	Scheme:     "https",
	Host:       "mamen.ai",
	Path:       "/shop/item.html",
	FirstParty: HostSet{"mamen.ai", "*.mamen.ai"},
}

func locate(raw string, base Base) (Kind, string) {
	l := Locate([]byte(raw), base, make([]byte, 0, 512))
	text := string(l.Host) + string(l.Path)
	if len(l.Query) > 0 {
		text += "?" + string(l.Query)
	}
	return l.Kind, text
}

func TestLocateResolvesEverySpellingAsBrowsersDo(t *testing.T) {
	const tag = "mc.yandex.ru/metrika/tag.js"
	for _, test := range []struct {
		raw  string
		kind Kind
		want string
	}{
		{"https://mc.yandex.ru/metrika/tag.js", ThirdParty, tag},
		{"http://mc.yandex.ru/metrika/tag.js", ThirdParty, tag},
		{"//mc.yandex.ru/metrika/tag.js", ThirdParty, tag},
		{"///mc.yandex.ru/metrika/tag.js", ThirdParty, tag},
		{"https://///mc.yandex.ru/metrika/tag.js", ThirdParty, tag},
		{`\\mc.yandex.ru\metrika\tag.js`, ThirdParty, tag},
		{`/\mc.yandex.ru/metrika/tag.js`, ThirdParty, tag},
		{`https:\\mc.yandex.ru/metrika/tag.js`, ThirdParty, tag},
		{`https:/\mc.yandex.ru/metrika/tag.js`, ThirdParty, tag},
		{"http:mc.yandex.ru/metrika/tag.js", ThirdParty, tag},
		{"http:/mc.yandex.ru/metrika/tag.js", ThirdParty, tag},
		{"wss://mc.yandex.ru/metrika/tag.js", ThirdParty, tag},
		{"wss:mc.yandex.ru/metrika/tag.js", ThirdParty, tag},
		{"HTTPS://MC.Yandex.RU/metrika/tag.js", ThirdParty, tag},
		{"  \x00\x1fhttps://mc.yandex.ru/metrika/tag.js \n", ThirdParty, tag},
		{"ht\ntps:\t//mc.yan\rdex.ru/metr\nika/tag.js", ThirdParty, tag},
		{"/\t/mc.yandex.ru/metrika/tag.js", ThirdParty, tag},
		{"//user:pass@mc.yandex.ru/metrika/tag.js", ThirdParty, tag},
		{"//mamen.ai@mc.yandex.ru/metrika/tag.js", ThirdParty, tag},
		{"//a@b@mc.yandex.ru/metrika/tag.js", ThirdParty, tag},
		{"//mc.yandex.ru:8443/metrika/tag.js", ThirdParty, tag},
		{"//mc.yandex.ru:/metrika/tag.js", ThirdParty, tag},
		{"//mc.yandex.ru./metrika/tag.js", ThirdParty, tag},
		{"//mc%2eyandex%2Eru/metrika/tag.js", ThirdParty, tag},
		{"//%6Dc.yandex.ru/metrika/tag.js", ThirdParty, tag},
		{"//ｍｃ．ｙａｎｄｅｘ．ｒｕ/metrika/tag.js", ThirdParty, tag},
		{"//mc。yandex。ru/metrika/tag.js", ThirdParty, tag},
		{"//mc.yan\u00addex.ru/metrika/tag.js", ThirdParty, tag},
		{"//mc.yandex.ru/a/../metrika/./tag.js", ThirdParty, tag},
		{"//mc.yandex.ru/a/%2E%2e/metrika/tag.js", ThirdParty, tag},
		{"//mc.yandex.ru/%6detrika/t%61g.js", ThirdParty, tag},
		{"//mc.yandex.ru/metrika/tag.js#x?y", ThirdParty, tag},
		{"//mc.yandex.ru/metrika/tag.js?id=%31#x", ThirdParty, tag + "?id=1"},
		{"//mc.yandex.ru", ThirdParty, "mc.yandex.ru/"},
		{"//mc.yandex.ru?x", ThirdParty, "mc.yandex.ru/?x"},
		{"//mc.yandex.ru#x", ThirdParty, "mc.yandex.ru/"},
		{"//mc.yandex.ru/../..", ThirdParty, "mc.yandex.ru/"},
		{"//mc.yandex.ru/a/b/..", ThirdParty, "mc.yandex.ru/a/"},
		{"//mc.yandex.ru/a%2fb%zz%", ThirdParty, "mc.yandex.ru/a%2fb%zz%"},
		{"//[::1]:80/x", ThirdParty, "[::1]/x"},
		{"//[::1", Opaque, ""},
		{"//xn--80ak6aa92e.com/", ThirdParty, "xn--80ak6aa92e.com/"},
		{"//Пример.рф/", ThirdParty, "xn--e1afmkfd.xn--p1ai/"},
		{"//mc.yandex.ru.evil.example/", ThirdParty, "mc.yandex.ru.evil.example/"},

		{"https:mc.yandex.ru/tag.js", FirstParty, "mamen.ai/shop/mc.yandex.ru/tag.js"},
		{"https:/mc.yandex.ru/tag.js", FirstParty, "mamen.ai/mc.yandex.ru/tag.js"},
		{"/matomo.js", FirstParty, "mamen.ai/matomo.js"},
		{`\matomo.js`, FirstParty, "mamen.ai/matomo.js"},
		{"matomo.js", FirstParty, "mamen.ai/shop/matomo.js"},
		{"./matomo.js", FirstParty, "mamen.ai/shop/matomo.js"},
		{"../matomo.js", FirstParty, "mamen.ai/matomo.js"},
		{"../../../matomo.js", FirstParty, "mamen.ai/matomo.js"},
		{"?a=b", FirstParty, "mamen.ai/shop/item.html?a=b"},
		{"#a", FirstParty, "mamen.ai/shop/item.html"},
		{"", FirstParty, "mamen.ai/shop/item.html"},
		{"//stat.mamen.ai/c.js", FirstParty, "stat.mamen.ai/c.js"},
		{"https://MAMEN.ai:443/c.js", FirstParty, "mamen.ai/c.js"},
		{"//evilmamen.ai/c.js", ThirdParty, "evilmamen.ai/c.js"},
		{"//mamen.ai.evil.example/c.js", ThirdParty, "mamen.ai.evil.example/c.js"},
		{"1https://mc.yandex.ru", FirstParty, "mamen.ai/shop/1https://mc.yandex.ru"},
		{"é://mc.yandex.ru", FirstParty, "mamen.ai/shop/é://mc.yandex.ru"},

		{"data:text/javascript,//mc.yandex.ru", Opaque, ""},
		{"java\nscript:alert(1)", Opaque, ""},
		{"JavaScript:void(0)", Opaque, ""},
		{"blob:https://mamen.ai/1", Opaque, ""},
		{"about:blank", Opaque, ""},
		{"mailto:a@mc.yandex.ru", Opaque, ""},
		{"view-source:https://mc.yandex.ru", Opaque, ""},
		{"https://", Opaque, ""},
		{"//", Opaque, ""},
		{"//:80/", Opaque, ""},
		{"file:///etc/passwd", Opaque, ""},
	} {
		if kind, got := locate(test.raw, page); kind != test.kind || got != test.want {
			t.Errorf("Locate(%q) = %d %q, want %d %q", test.raw, kind, got, test.kind, test.want)
		}
	}
}

func TestLocateFollowsTheBase(t *testing.T) {
	foreign := page
	foreign.Host, foreign.Path = "mc.yandex.ru", "/metrika/"
	plain := page
	plain.Scheme = "http"
	bare := page
	bare.Path = ""
	for _, test := range []struct {
		name, raw string
		base      Base
		kind      Kind
		want      string
	}{
		{"a base element on a tracker", "tag.js", foreign, ThirdParty, "mc.yandex.ru/metrika/tag.js"},
		{"https: on an http page", "https:mc.yandex.ru/x", plain, ThirdParty, "mc.yandex.ru/x"},
		{"http: on an http page", "http:x.js", plain, FirstParty, "mamen.ai/shop/x.js"},
		{"no path", "x.js", bare, FirstParty, "mamen.ai/x.js"},
		{"no path, no reference", "", bare, FirstParty, "mamen.ai/"},
		{"no site", "/x.js", Base{Host: "mamen.ai", Path: "/"}, ThirdParty, "mamen.ai/x.js"},
	} {
		if kind, got := locate(test.raw, test.base); kind != test.kind || got != test.want {
			t.Errorf("%s: Locate(%q) = %d %q, want %d %q", test.name, test.raw, kind, got, test.kind, test.want)
		}
	}
}

func TestLocateLeavesTheReferenceUntouched(t *testing.T) {
	raw := "\thttps://MC.yandex.ru/%6d/../\\tag.js?%41#b"
	work := []byte(raw)
	Locate(work, page, make([]byte, 0, 512))
	if string(work) != raw {
		t.Errorf("the reference became %q", work)
	}
}

func TestLocateNeedsNoScratchToBeRight(t *testing.T) {
	long := "https://mc.yandex.ru/" + strings.Repeat("%61/", 3000) + "?" + strings.Repeat("%62", 3000)
	roomy := Locate([]byte(long), page, make([]byte, 0, 1<<16))
	tight := Locate([]byte(long), page, nil)
	if string(roomy.Path) != string(tight.Path) || string(roomy.Query) != string(tight.Query) || string(tight.Host) != "mc.yandex.ru" {
		t.Error("the answer depends on the scratch space")
	}
}

func TestLocateDoesNotAllocate(t *testing.T) {
	scratch := make([]byte, 512)
	for _, raw := range []string{
		"https://www.googletagmanager.com/gtag/js?id=G-1", "/a/../b?x=%41", "js/app.js", "ht\ttps://MC.yandex.ru/%6d",
		"data:image/png;base64,AAAA",
	} {
		work := []byte(raw)
		if n := testing.AllocsPerRun(100, func() { Locate(work, page, scratch) }); n != 0 {
			t.Errorf("Locate(%q) allocates %v times", raw, n)
		}
	}
}

// FuzzLocate checks that the answer has the promised form and that locating the
// answer again changes nothing.
func FuzzLocate(f *testing.F) {
	for _, seed := range []string{
		"https://mc.yandex.ru/metrika/tag.js?a=b#c", `\/a@b:1\..\%2e%2E/x`, "ht\ntp:\t/x", "//ｍｃ．ｙａ/", "//%zz", "//[::1]:8",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		l := Locate([]byte(raw), page, nil)
		if l.Kind == Opaque {
			if l.Host != nil || l.Path != nil || l.Query != nil {
				t.Fatalf("opaque, but %+v", l)
			}
			return
		}
		if len(l.Host) == 0 || bytes.ContainsAny(l.Host, "ABCDEFGHIJKLMNOPQRSTUVWXYZ\t\r\n") {
			t.Fatalf("host %q", l.Host)
		}
		if len(l.Path) == 0 || l.Path[0] != '/' || bytes.ContainsAny(l.Path, "\\?#\t\r\n") {
			t.Fatalf("path %q", l.Path)
		}
		if slashed := string(l.Path) + "/"; strings.Contains(slashed, "/../") || strings.Contains(slashed, "/./") {
			t.Fatalf("path %q", l.Path)
		}
		if strings.Trim(string(l.Host), "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || bytes.HasSuffix(l.Host, []byte(".")) {
			return
		}
		again := Locate([]byte("//"+string(l.Host)+"/"), page, nil)
		if again.Kind != l.Kind || !bytes.Equal(again.Host, l.Host) {
			t.Fatalf("%q is at %q, which is at %q", raw, l.Host, again.Host)
		}
	})
}
