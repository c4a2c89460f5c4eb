package htmlstream

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tdewolff/parse/v2"
	parsehtml "github.com/tdewolff/parse/v2/html"
	"golang.org/x/net/html"
)

// namedPages returns the pages in the directory named by CONSENTGATE_CORPUS, by
// name; none if the variable is unset.
func namedPages(tb testing.TB) map[string][]byte {
	tb.Helper()
	pages := map[string][]byte{}
	directory := os.Getenv("CONSENTGATE_CORPUS")
	if directory == "" {
		return pages
	}
	names, err := filepath.Glob(filepath.Join(directory, "*.html"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range names {
		page, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		pages[filepath.Base(name)] = page
	}
	return pages
}

// writtenPage is a page of about size bytes with the mix of a usual one: 43 %
// of the bytes in tags, 40 % in scripts and styles.
func writtenPage(size int) []byte {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=ru><head><meta charset=utf-8><title>Страница</title>\n")
	for i := 0; b.Len() < size; i++ {
		b.WriteString(`<div class="card card-wide" id="c" data-index='7'><h2 class="title"><a href="/path/to/some/article?id=12&amp;x=1" rel="bookmark">Заголовок статьи</a></h2>
<img src="/media/image-large.jpg" srcset="/media/a.jpg 1x, /media/b.jpg 2x" width=640 height=480 alt="Описание" loading="lazy">
<p>Some text that is <b>bold</b>, then <em>not</em>, and a <span class=note>note</span><br/>of a few words in a row.</p></div>
`)
		if i%4 == 0 {
			b.WriteString("<script>\n" + strings.Repeat("var settings = {\"key\": \"value\", \"n\": 12 < 13, \"list\": [1, 2, 3]};\n", 20) + "</script>\n")
			b.WriteString(`<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script><!-- a comment -->` + "\n")
		}
	}
	b.WriteString("</body></html>\n")
	return []byte(b.String())
}

type page struct {
	name  string
	texts [][]byte
	size  int
}

// benchmarkPages returns written pages of several sizes and, as one page set,
// the corpus, or the pages of it that the file CONSENTGATE_CORPUS_LIST names.
func benchmarkPages(b *testing.B) []page {
	var pages []page
	for _, size := range []int{10, 100, 1000} {
		text := writtenPage(size << 10)
		pages = append(pages, page{fmt.Sprintf("%dKB", size), [][]byte{text}, len(text)})
	}
	all := page{name: "corpus"}
	list := os.Getenv("CONSENTGATE_CORPUS_LIST")
	var wanted string
	if list != "" {
		text, err := os.ReadFile(list)
		if err != nil {
			b.Fatal(err)
		}
		wanted = string(text)
	}
	for name, text := range namedPages(b) {
		if list == "" || strings.Contains(wanted, name) {
			all.texts = append(all.texts, text)
			all.size += len(text)
		}
	}
	if all.size > 0 {
		pages = append(pages, all)
	}
	return pages
}

func inChunks(b *testing.B, w io.Writer, text []byte) {
	for len(text) > 0 {
		n := min(len(text), 32<<10)
		if _, err := w.Write(text[:n]); err != nil {
			b.Fatal(err)
		}
		text = text[n:]
	}
}

type plainWriter struct{ n int }

func (w *plainWriter) Write(p []byte) (int, error) { w.n += len(p); return len(p), nil }

type copyWriter struct{ buffer [64 << 10]byte }

func (w *copyWriter) Write(p []byte) (int, error) { copy(w.buffer[:], p); return len(p), nil }

// BenchmarkRewriter compares the rewriter, with a handler that reads the URL of
// every element and edits some, with the tokenizer of x/net/html, the lexer of
// tdewolff/parse and a copy.
func BenchmarkRewriter(b *testing.B) {
	for _, page := range benchmarkPages(b) {
		b.Run("rewriter/"+page.name, func(b *testing.B) {
			b.SetBytes(int64(page.size))
			b.ReportAllocs()
			r := NewRewriter(nil, nil)
			h := &benchHandler{}
			out := &plainWriter{}
			for b.Loop() {
				for _, text := range page.texts {
					r.Reset(out, h)
					inChunks(b, r, text)
					if err := r.Close(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		b.Run("tokenizer/"+page.name, func(b *testing.B) {
			b.SetBytes(int64(page.size))
			b.ReportAllocs()
			for b.Loop() {
				for _, text := range page.texts {
					out := &plainWriter{}
					z := html.NewTokenizer(bytes.NewReader(text))
					for z.Next() != html.ErrorToken {
						out.Write(z.Raw())
					}
				}
			}
		})
		b.Run("lexer/"+page.name, func(b *testing.B) {
			b.SetBytes(int64(page.size))
			b.ReportAllocs()
			for b.Loop() {
				for _, text := range page.texts {
					out := &plainWriter{}
					lexer := parsehtml.NewLexer(parse.NewInputBytes(text))
					for {
						kind, data := lexer.Next()
						if kind == parsehtml.ErrorToken {
							break
						}
						out.Write(data)
					}
				}
			}
		})
		b.Run("copy/"+page.name, func(b *testing.B) {
			b.SetBytes(int64(page.size))
			b.ReportAllocs()
			out := &copyWriter{}
			for b.Loop() {
				for _, text := range page.texts {
					inChunks(b, out, text)
				}
			}
		})
	}
}

type benchHandler struct{ n int }

var benchHead = []byte("<script>1</script>")

func (h *benchHandler) Head() []byte       { return benchHead }
func (h *benchHandler) Body([]byte) []byte { return benchHead }
func (h *benchHandler) StartTag(t *Tag) {
	h.n++
	source, _ := t.Attr("src")
	if bytes.Contains(source, []byte("google")) {
		t.Rename("src")
		t.Insert(" type=text/plain ")
	}
}
func (h *benchHandler) Script(t *Tag, text []byte)   {}
func (h *benchHandler) Style(t *Text, last bool) int { return len(t.Bytes()) }

// BenchmarkRatio runs the rewriter and x/net/html in turns and compares the
// best round of each, which a busy machine disturbs least.
func BenchmarkRatio(b *testing.B) {
	for _, page := range benchmarkPages(b) {
		b.Run(page.name, func(b *testing.B) {
			r := NewRewriter(nil, nil)
			h, out := &benchHandler{}, &plainWriter{}
			ours, theirs := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			for b.Loop() {
				start := time.Now()
				for _, text := range page.texts {
					r.Reset(out, h)
					inChunks(b, r, text)
					r.Close()
				}
				middle := time.Now()
				for _, text := range page.texts {
					z := html.NewTokenizer(bytes.NewReader(text))
					for z.Next() != html.ErrorToken {
						out.Write(z.Raw())
					}
				}
				ours, theirs = min(ours, middle.Sub(start)), min(theirs, time.Since(middle))
			}
			b.ReportMetric(float64(h.n)/float64(b.N), "tags/op")
			b.ReportMetric(float64(page.size)/ours.Seconds()/1e6, "MB/s-best")
			b.ReportMetric(float64(theirs)/float64(ours), "x/net")
		})
	}
}
