package module

import (
	"bufio"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// maxCodings bounds how many codings of one body are undone: each has its window.
const maxCodings = 3

// contentCodings returns the codings of a body in the order in which they were applied
// (RFC 9110 §8.4), without "identity".
func contentCodings(header http.Header) []string {
	var codings []string
	for _, line := range header["Content-Encoding"] {
		for coding := range strings.SplitSeq(line, ",") {
			if coding = strings.ToLower(strings.TrimSpace(coding)); coding != "" && coding != "identity" {
				codings = append(codings, coding)
			}
		}
	}
	return codings
}

// decodable reports whether codings can be undone. The origin was asked for none; some
// compress all the same.
func decodable(codings []string) bool {
	for _, coding := range codings {
		switch coding {
		case "gzip", "x-gzip", "br", "zstd", "deflate":
		default:
			return false
		}
	}
	return len(codings) <= maxCodings
}

// newDecoder returns a decoder into w; nil when there is nothing to decode.
// Memory is bounded by the decoders' windows.
func newDecoder(codings []string, w io.Writer) *decoder {
	if len(codings) == 0 {
		return nil
	}
	d := new(decoder)
	d.resume, d.stop = iter.Pull(func(wait func(struct{}) bool) {
		d.err = decode(codings, &decoderInput{d, wait}, w)
	})
	return d
}

// decode undoes the codings, the last first.
func decode(codings []string, r io.Reader, w io.Writer) error {
	var failure error
	for i, coding := range slices.Backward(codings) {
		decoded, err := newReader(coding, r)
		if err != nil {
			return err
		}
		if decoder, ok := decoded.(*zstd.Decoder); ok {
			defer decoder.Close()
		}
		if r = decoded; i > 0 {
			r = watchedReader{decoded, &failure}
		}
	}
	_, err := io.Copy(w, r)
	return cmp.Or(err, failure)
}

// watchedReader keeps the failure of a reader that others read from: between two frames
// zstd takes it for the end.
type watchedReader struct {
	io.Reader
	failure *error
}

// Read implements io.Reader.
func (w watchedReader) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && err != io.EOF {
		*w.failure = err
	}
	return n, err
}

func newReader(coding string, r io.Reader) (io.Reader, error) {
	switch coding {
	case "br":
		return brotli.NewReader(r), nil
	case "zstd":
		// One decoder works in the caller's goroutine; more would start their own.
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
	case "deflate":
		return newDeflateReader(r)
	}
	return gzip.NewReader(r)
}

// newDeflateReader reads "deflate", which is in the zlib format (RFC 9110 §8.4.1.2) and
// comes without it from some servers. Browsers take both.
func newDeflateReader(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(r)
	start, err := buffered.Peek(2)
	if err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	// RFC 1950 §2.2: the method is 8, the window at most 32 KiB, the check bits make
	// both bytes a multiple of 31.
	if start[0]&0x0f == 8 && start[0]>>4 <= 7 && (uint(start[0])<<8|uint(start[1]))%31 == 0 {
		return zlib.NewReader(buffered)
	}
	return flate.NewReader(buffered), nil
}

// decoder turns a library's reader into a writer: decoding is a coroutine that
// runs, in the handler's goroutine, while a Write has bytes for it. Nothing runs
// beside the handler, which shares header and response with it.
type decoder struct {
	resume func() (struct{}, bool) // decodes until more input is wanted
	stop   func()
	input  []byte
	began  bool // there was input
	ended  bool // no input will follow
	done   bool // decoding has returned
	err    error
}

// Write implements io.Writer.
func (d *decoder) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	d.began = true
	d.input = p
	d.run()
	d.input = nil // the caller's buffer
	if d.err != nil {
		return 0, d.err
	}
	return len(p), nil // what follows a complete body is dropped
}

// Close ends the input and waits until all of it has come out. A body of no bytes is
// taken for empty in every coding, as browsers do.
func (d *decoder) Close() error {
	if !d.began {
		return nil
	}
	d.ended = true
	d.run()
	return d.err
}

// Abort ends the decoding where it is.
func (d *decoder) Abort() {
	d.done = true
	d.stop()
}

func (d *decoder) run() {
	if !d.done {
		_, more := d.resume()
		d.done = !more
	}
}

// decoderInput is what the library reads from.
type decoderInput struct {
	decoder *decoder
	wait    func(struct{}) bool
}

// Read implements io.Reader.
func (i *decoderInput) Read(p []byte) (int, error) {
	d := i.decoder
	for len(d.input) == 0 {
		if d.ended {
			return 0, io.EOF
		}
		if !i.wait(struct{}{}) {
			return 0, io.ErrClosedPipe
		}
	}
	n := copy(p, d.input)
	d.input = d.input[n:]
	return n, nil
}
