package gate

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

// nasty are pages that might make a scanner go back over what it has read: a
// beginning, what is repeated behind it, and an end.
var nasty = map[string][3]string{
	"text":                         {"", "text "},
	"less-than":                    {"", "<"},
	"start of end tags":            {"", "</"},
	"comments that begin":          {"", "<!--"},
	"comment never closed":         {"<!--", "a --! - "},
	"bogus comments":               {"", "<!a"},
	"half a CDATA section":         {"<svg>", "<![CDATA["},
	"CDATA section never ended":    {"<svg><![CDATA[", "]]"},
	"scripts that begin":           {"", "<script"},
	"script never ended":           {"<script>", "</scrip"},
	"script with a marker's start": {"<script>", "ym(ym(", "</script>"},
	"escaped script":               {"<script><!--", "<script>"},
	"escapes that begin":           {"<script>", "<!--<script --"},
	"title never ended":            {"<title>", "</titl"},
	"noscript never ended":         {"<noscript>", "</noscrip"},
	"noscripts":                    {"", "<noscript><p></noscript>"},
	"tags that begin":              {"", "<img src="},
	"value never closed":           {"<img src=\"", "a'>"},
	"attributes":                   {"<img", " src=//tracker.example", ">"},
	"attributes without space":     {"<img", `a=""`, ">"},
	"equals signs":                 {"<img ", "=", ">"},
	"slashes":                      {"<img ", "/", ">"},
	"denied images":                {"", `<img src="https://mc.yandex.ru/watch/1" srcset="https://mc.yandex.ru/a 1x, b 2x">`},
	"candidates":                   {`<img srcset="`, "https://mc.yandex.ru/a 1x, ,(", `">`},
	"references":                   {`<img src="`, "&amp;&#x", `">`},
	"elements of SVG":              {"", "<svg><g>"},
	"end tags in SVG":              {strings.Repeat("<svg><g>", 40), "</path>"},
	"integration points":           {"", "<svg><foreignObject><div>"},
	"templates":                    {"", "<template>"},
	"style never ended":            {"<style>", "</styl"},
	"addresses in a style":         {"<style>", "url(", "</style>"},
	"address never closed":         {"<style>url('", `\`},
	"imports":                      {"<style>", `@import "`, "</style>"},
	"comments in a style":          {"<style>", "/*", "</style>"},
	"escapes in a style":           {"<style>", `\u`, "</style>"},
	"style attributes":             {"", `<p style="a:url(`},
	"a style attribute":            {`<p style="`, "url(/a)image-set('b' 1x)", `">`},
	"a document in an attribute":   {`<iframe srcdoc="`, "&lt;img src=//mc.yandex.ru>", `">`},
	"a policy":                     {`<head><meta http-equiv=content-security-policy content="script-src`, " 'self'", `">`},
	"a refresh":                    {`<head><meta http-equiv=refresh content="0;`, " url=", `">`},
	"documents in attributes":      {"", `<iframe srcdoc="&lt;iframe srcdoc='&amp;lt;img src=a>`},
	"policies":                     {"<head>", `<meta http-equiv=content-security-policy content="script-src 'self'; `},
	"bases":                        {"<head>", "<base href=a target=b>"},
	"speculation rules":            {`<script type=speculationrules>`, `{"prefetch":[{"urls":["`, "</script>"},
}

// workVariable names a page and its size to a process that counts the work on it.
const workVariable = "CONSENTGATE_WORK"

func TestMain(m *testing.M) {
	if work := os.Getenv(workVariable); work != "" {
		if err := rewriteNasty(work); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// rewriteNasty rewrites the page that work names, in pieces of 1,000 bytes.
func rewriteNasty(work string) error {
	size, name, _ := strings.Cut(work, " ")
	n, err := strconv.Atoi(size)
	if err != nil {
		return err
	}
	page := nasty[name][0] + strings.Repeat(nasty[name][1], n/len(nasty[name][1])) + nasty[name][2]
	compiled, err := catalogue.New(testServices())
	if err != nil {
		return err
	}
	g, err := New(Options{Catalogue: compiled, Jurisdiction: "KZ", Prefix: "/.privacy/", BlockUnknown: true})
	if err != nil {
		return err
	}
	var elements Elements
	elements.Reset(g.Permit(consent.Choice{}), pageBase, &record{gate: g}, Insertion{Home: "https://mamen.ai", Admission: func() Admission { return Admission{} }})
	w := htmlstream.NewRewriter(io.Discard, &elements)
	for len(page) > 0 {
		piece := page[:min(len(page), 1000)]
		if _, err := w.Write([]byte(piece)); err != nil {
			return err
		}
		page = page[len(piece):]
	}
	return w.Close()
}

// TestWorkGrowsNoFasterThanThePage counts the statements that run for nasty pages, by
// the toolchain's own counters: twice the page is at most twice the work.
func TestWorkGrowsNoFasterThanThePage(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "gate.test")
	build := exec.Command("go", "test", "-c", "-covermode=count", "-coverpkg=.,../htmlstream,../catalogue", "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	steps := func(size int, name string) int {
		t.Helper()
		profile := filepath.Join(t.TempDir(), "profile")
		run := exec.Command(binary, "-test.run=^$", "-test.coverprofile="+profile)
		run.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", workVariable, size, name))
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		count, err := statements(profile)
		if err != nil {
			t.Fatal(err)
		}
		return count
	}
	for name := range nasty {
		nothing := steps(0, name)
		// Shorter than all that is held of one element, 32 KB, and longer: 64 KB.
		for _, size := range []int{15_000, 200_000} {
			once, twice := steps(size, name)-nothing, steps(2*size, name)-nothing
			if once <= 0 || float64(twice) > 2.1*float64(once)+float64(size)/10 {
				t.Errorf("%s: %d bytes take %d statements, twice as many %d", name, size, once, twice)
			}
			t.Logf("%-30s %7d bytes: %6.2f statements a byte", name, size, float64(once)/float64(size))
		}
	}
}

// statements sums a coverage profile: of each block, how many statements it has times
// how often it ran (cmd/cover).
func statements(profile string) (sum int, err error) {
	file, err := os.Open(profile)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			continue // the first line tells the mode
		}
		size, err1 := strconv.Atoi(fields[1])
		count, err2 := strconv.Atoi(fields[2])
		if err := errors.Join(err1, err2); err != nil {
			return 0, err
		}
		sum += size * count
	}
	return sum, lines.Err()
}
