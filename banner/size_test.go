package banner

import (
	"bytes"
	"testing"

	"github.com/andybalholm/brotli"
)

func compressed(t *testing.T, raw []byte) int {
	t.Helper()
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, brotli.BestCompression)
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

func TestOutputsStayWithinTheirBytes(t *testing.T) {
	b := newBanner(t, seed())
	for _, lang := range b.Languages() {
		for _, c := range []struct {
			name string
			raw  []byte
			most int
		}{
			{"ask", b.Ask(lang).HTML, 2000},
			{"control", b.Control(lang).HTML, 300},
		} {
			got := compressed(t, c.raw)
			t.Logf("%s %s: %d bytes, %d brotli", c.name, lang, len(c.raw), got)
			if got > c.most {
				t.Errorf("%s %s: %d bytes brotli, want at most %d", c.name, lang, got, c.most)
			}
		}
	}
	api := b.API(APIState{State: "undecided"})
	t.Logf("api: %d bytes, %d brotli", len(api), compressed(t, api))
	if len(api) > 750 {
		t.Errorf("api: %d bytes, want at most 750", len(api))
	}
}
