package module

import (
	"compress/gzip"
	"io"
	"iter"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// decodable reports whether a Content-Encoding can be undone. The origin was
// asked for none; some compress all the same.
func decodable(encoding string) bool {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity", "gzip", "x-gzip", "br", "zstd":
		return true
	}
	return false
}

// newDecoder returns a decoder into w; nil when there is nothing to decode.
// Memory is bounded by the decoder's window.
func newDecoder(encoding string, w io.Writer) *decoder {
	encoding = strings.ToLower(strings.TrimSpace(encoding))
	if encoding == "" || encoding == "identity" {
		return nil
	}
	d := new(decoder)
	d.resume, d.stop = iter.Pull(func(wait func(struct{}) bool) {
		d.err = decode(encoding, &decoderInput{d, wait}, w)
	})
	return d
}

func decode(encoding string, r io.Reader, w io.Writer) error {
	switch encoding {
	case "br":
		_, err := io.Copy(w, brotli.NewReader(r))
		return err
	case "zstd":
		// One decoder works in the caller's goroutine; more would start their own.
		decoder, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return err
		}
		defer decoder.Close()
		_, err = decoder.WriteTo(w)
		return err
	}
	decoder, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, decoder)
	return err
}

// decoder turns a library's reader into a writer: decoding is a coroutine that
// runs, in the handler's goroutine, while a Write has bytes for it. Nothing runs
// beside the handler, which shares header and response with it.
type decoder struct {
	resume func() (struct{}, bool) // decodes until more input is wanted
	stop   func()
	input  []byte
	ended  bool // no input will follow
	done   bool // decoding has returned
	err    error
}

// Write implements io.Writer.
func (d *decoder) Write(p []byte) (int, error) {
	d.input = p
	d.run()
	d.input = nil // the caller's buffer
	if d.err != nil {
		return 0, d.err
	}
	return len(p), nil // what follows a complete body is dropped
}

// Close ends the input and waits until all of it has come out.
func (d *decoder) Close() error {
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
