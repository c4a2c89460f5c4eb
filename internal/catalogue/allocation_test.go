package catalogue

import "testing"

func TestMatchingDoesNotAllocate(t *testing.T) {
	c := builtinCatalogue(t)
	scratch := make([]byte, 512)
	found := make([]int, 0, 8)
	script := append(inlineScript(), "gtag('config', 'G-ABC'); https:\\/\\/mc.yandex.ru/metrika/tag.js"...)
	held := map[string]func(){
		"FindInline": func() { c.FindInline(script, found) },
	}
	for _, r := range references() {
		work := []byte(r.raw)
		held["Find "+r.raw] = func() { c.Find(Locate(work, page, scratch)) }
	}
	for _, path := range []string{"/", "/assets/app.3f2a.js", "/catalog/shoes/42", "/a/%2e%2e/matomo.php"} {
		held["FindCollector "+path] = func() { c.FindCollector("mamen.ai", path, "page=2&x=%41") }
	}
	for _, cookie := range []string{"", "s", "_own_session_token", "PHPSESSID", "_ga", "_ga_ABC123DEF4"} {
		held["FindCookie "+cookie] = func() { c.FindCookie(cookie, found) }
	}
	for name, call := range held {
		if n := testing.AllocsPerRun(100, call); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
