package contentcoding

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// decode undoes a coding with another reader than the encoder's maker where there is
// one: the standard library reads gzip.
func decode(t testing.TB, coding string, body []byte) []byte {
	t.Helper()
	var r io.Reader
	switch coding {
	case Gzip:
		members, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		members.Multistream(false) // browsers read the first member only
		r = members
	case Zstd:
		frames, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			t.Fatal(err)
		}
		defer frames.Close()
		r = frames
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", coding, err)
	}
	return out
}

var guard = NewPiece([]byte(strings.Repeat("function guard(win) { return win.open; }\n", 600)))

// step is one call on an encoder.
type step func(Encoder) error

func write(text string) step {
	return func(e Encoder) error { _, err := e.Write([]byte(text)); return err }
}
func piece(p *Piece) step   { return func(e Encoder) error { return e.WritePiece(p) } }
func flush(e Encoder) error { return e.Flush() }

func TestBodiesComeOutAsTheyWent(t *testing.T) {
	long := strings.Repeat("<p>one and the same paragraph, so that the compressor points back</p>", 3000)
	small := NewPiece([]byte("<small>"))
	for name, test := range map[string]struct {
		steps []step
		want  string
	}{
		"nothing":                  {nil, ""},
		"an empty write":           {[]step{write("")}, ""},
		"text":                     {[]step{write("text")}, "text"},
		"a piece alone":            {[]step{piece(guard)}, string(guard.raw)},
		"an empty piece":           {[]step{piece(NewPiece(nil))}, ""},
		"a piece first":            {[]step{piece(guard), write("text")}, string(guard.raw) + "text"},
		"a piece last":             {[]step{write("text"), piece(guard)}, "text" + string(guard.raw)},
		"pieces between":           {[]step{write(long), piece(guard), write(long), piece(small), write(long)}, long + string(guard.raw) + long + "<small>" + long},
		"pieces in a row":          {[]step{piece(small), piece(guard), piece(guard)}, "<small>" + string(guard.raw) + string(guard.raw)},
		"flushes":                  {[]step{flush, write("a"), flush, flush, write("b"), flush, piece(guard), flush, write("c"), flush}, "ab" + string(guard.raw) + "c"},
		"as much as is stored":     {[]step{write(long[:maxShort]), piece(guard), write(long)}, long[:maxShort] + string(guard.raw) + long},
		"more than is stored":      {[]step{write(long[:maxShort]), write("x"), piece(guard)}, long[:maxShort] + "x" + string(guard.raw)},
		"stored behind a flush":    {[]step{write(long), flush, write(long[:99]), piece(small), write(long), flush, write(long[:99]), write(long)}, long + long[:99] + "<small>" + long + long[:99] + long},
		"an empty write and flush": {[]step{piece(guard), write(""), flush}, string(guard.raw)},
	} {
		for _, coding := range Names() {
			t.Run(name+" "+coding, func(t *testing.T) {
				// Twice, so that the second has a used encoder.
				for range 2 {
					var body bytes.Buffer
					e := NewEncoder(coding, &body)
					for _, step := range test.steps {
						if err := step(e); err != nil {
							t.Fatal(err)
						}
					}
					if err := e.Close(); err != nil {
						t.Fatal(err)
					}
					e.Recycle()
					if got := decode(t, coding, body.Bytes()); string(got) != test.want {
						t.Errorf("%d bytes came out, %d went in", len(got), len(test.want))
					}
				}
			})
		}
	}
}

// A page that stalls shows what came so far.
func TestFlushedBytesCanBeRead(t *testing.T) {
	for _, coding := range Names() {
		r, w := io.Pipe()
		written := make(chan error)
		go func() {
			e := NewEncoder(coding, w)
			err := errors.Join(write("first")(e), e.Flush())
			written <- err
			<-written
			w.CloseWithError(errors.Join(e.WritePiece(guard), e.Close()))
		}()
		got := make(chan string)
		go func() {
			var reader io.Reader
			if coding == Gzip {
				reader, _ = gzip.NewReader(r)
			} else {
				reader, _ = zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
			}
			first := make([]byte, 5)
			io.ReadFull(reader, first)
			got <- string(first)
			rest, _ := io.ReadAll(reader)
			got <- string(rest)
		}()
		if first := <-got; first != "first" {
			t.Errorf("%s: read %q", coding, first)
		}
		if err := <-written; err != nil {
			t.Error(err)
		}
		written <- nil
		if rest := <-got; rest != string(guard.raw) {
			t.Errorf("%s: the rest is %d bytes", coding, len(rest))
		}
	}
}

func TestPiecesAreSmall(t *testing.T) {
	for _, coding := range Names() {
		var body bytes.Buffer
		e := NewEncoder(coding, &body)
		if err := errors.Join(e.WritePiece(guard), e.Close()); err != nil {
			t.Fatal(err)
		}
		if body.Len() > len(guard.raw)/10 {
			t.Errorf("%s: %d bytes of %d", coding, body.Len(), len(guard.raw))
		}
	}
}

func TestUnknownCodingHasNoEncoder(t *testing.T) {
	for _, coding := range []string{"", "identity", "br", "GZIP"} {
		if NewEncoder(coding, io.Discard) != nil {
			t.Errorf("%q has one", coding)
		}
	}
}

// broken fails after some bytes.
type broken struct{ left int }

var errBroken = errors.New("broken")

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestWriteErrorsAreTold(t *testing.T) {
	for _, coding := range Names() {
		for left := range 30 {
			e := NewEncoder(coding, &broken{left})
			var errs []error
			for _, step := range []step{write("some text"), flush, piece(guard), write("more"), flush, Encoder.Close} {
				errs = append(errs, step(e))
			}
			e.Recycle()
			if !slices.ContainsFunc(errs, func(err error) bool { return errors.Is(err, errBroken) }) {
				t.Errorf("%s, %d bytes: %v", coding, left, errs)
			}
		}
	}
}

func FuzzEncoder(f *testing.F) {
	f.Add([]byte("text"), []byte{0, 1, 2})
	f.Add([]byte(strings.Repeat("<p>", 99)), []byte{2, 2, 0, 1, 0, 3})
	f.Fuzz(func(t *testing.T, text, calls []byte) {
		own := NewPiece(text)
		for _, coding := range Names() {
			var body, want bytes.Buffer
			e := NewEncoder(coding, &body)
			for _, call := range calls[:min(len(calls), 64)] {
				var err error
				switch call % 4 {
				case 0:
					_, err = e.Write(text)
					want.Write(text)
				case 1:
					err = e.Flush()
				case 2:
					err = e.WritePiece(guard)
					want.Write(guard.raw)
				case 3:
					err = e.WritePiece(own)
					want.Write(text)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			e.Recycle()
			if !bytes.Equal(decode(t, coding, body.Bytes()), want.Bytes()) {
				t.Errorf("%s: something else came out", coding)
			}
		}
	})
}

// What a piece of 26 KB saves in a page of 7 KB.
func BenchmarkPage(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	code := make([]byte, 26<<10)
	for i := range code {
		code[i] = "etaoin shrdlu(){};.,=\"0"[min(random.IntN(23), random.IntN(23))]
	}
	guard := NewPiece(code)
	page := []byte(strings.Repeat("<p class=card>Алматинская компания рассказала о новых агентах</p>\n", 100))
	for _, coding := range Names() {
		for name, insert := range map[string]step{
			"as it comes": func(e Encoder) error { _, err := e.Write(guard.raw); return err },
			"piece":       piece(guard),
		} {
			b.Run(fmt.Sprintf("%s/%s", coding, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					e := NewEncoder(coding, io.Discard)
					e.Write(page[:400])
					insert(e)
					e.Write(page[400:])
					e.Close()
					e.Recycle()
				}
			})
		}
	}
}
