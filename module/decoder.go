package module

import (
	"compress/gzip"
	"io"
	"net/http"
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

// newDecoder returns a writer that decodes into w, and takes the encoding out of
// the header; nil when there is none. Memory is bounded by the decoder's window.
func newDecoder(header http.Header, w io.Writer) io.WriteCloser {
	encoding := strings.ToLower(strings.TrimSpace(header.Get("Content-Encoding")))
	if encoding == "" || encoding == "identity" {
		return nil
	}
	header.Del("Content-Encoding")
	reader, writer := io.Pipe()
	d := &decoder{PipeWriter: writer, done: make(chan error, 1)}
	go func() {
		err := decode(encoding, reader, w)
		reader.CloseWithError(err) // a Write that still waits must not wait for ever
		d.done <- err
	}()
	return d
}

func decode(encoding string, r io.Reader, w io.Writer) error {
	switch encoding {
	case "br":
		_, err := io.Copy(w, brotli.NewReader(r))
		return err
	case "zstd":
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

// decoder feeds the reading end of a pipe to a decoder that runs beside the
// handler.
type decoder struct {
	*io.PipeWriter
	done   chan error
	closed bool
}

// Close ends the input and waits until all of it has come out.
func (d *decoder) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	d.PipeWriter.Close()
	return <-d.done
}
