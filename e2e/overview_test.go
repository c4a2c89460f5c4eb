package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// An operator sees in a browser what visitors did: in three languages, light and
// dark, on a telephone and a desk. With E2E_SCREENSHOTS=DIR the pages are kept.
func TestOperatorSeesThePage(t *testing.T) {
	s := startServer(t)
	for _, choice := range []string{"accept", "accept", "refuse"} {
		v := newVisitor(t)
		v.get(s.url("/"))
		v.choose(s, choice)
	}
	command := exec.Command(program, "consent", "page", "--address", s.adminAddress(), "--listen", "127.0.0.1:0")
	command.Dir, command.Env = s.dir, s.environment()
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Signal(os.Interrupt)
		command.Wait() // how it ends isn't judged
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := strings.Fields(line)[0]

	b, source := openBrowser(t, newWorld(t)), engine(t)
	b.do(chromedp.EmulateViewport(1280, 800))
	b.visit(address)
	if got := must[string](b, `document.documentElement.lang`); got != "ru" {
		t.Errorf("a browser that prefers Russian gets %q", got)
	}
	for language, says := range map[string]string{"en": "66.7% allowed something", "ru": "66.7% что-то разрешили", "kk": "66.7% бірдеңеге рұқсат берді"} {
		b.click(fmt.Sprintf(`document.querySelector('a[hreflang=%s]') || document.querySelector('h1')`, language))
		b.until(fmt.Sprintf(`document.documentElement.lang === %q && document.readyState === 'complete'`, language))
		if text := must[string](b, `document.body.innerText.replace(/\s+/g, ' ')`); !strings.Contains(text, says) || !strings.Contains(text, "YouTube") {
			t.Errorf("%s: the page doesn't say %q: %s", language, says, text)
		}
		for _, width := range []int64{1280, 390} {
			for _, scheme := range []string{"light", "dark"} {
				name := fmt.Sprintf("operator-%s-%s-%d", language, scheme, width)
				b.do(chromedp.EmulateViewport(width, 800))
				call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
				if wide := must[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
					t.Errorf("%s: the page is %d px wider than the screen", name, wide)
				}
				back := must[string](b, `getComputedStyle(document.body).backgroundColor`)
				if (back == "rgb(20, 23, 27)") != (scheme == "dark") {
					t.Errorf("%s: its background is %s: the style isn't admitted", name, back)
				}
				for _, found := range b.examine(source, "html").Violations {
					t.Errorf("%s: %s: %s\n%s", name, found.Rule, found.Help, strings.Join(found.Nodes, "\n"))
				}
				if dir := os.Getenv("E2E_SCREENSHOTS"); dir != "" {
					b.shoot(filepath.Join(dir, name+".png"), chromedp.FullScreenshot(100))
				}
			}
		}
		b.do(chromedp.EmulateViewport(1280, 800))
	}
}
