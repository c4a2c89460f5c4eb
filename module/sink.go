package module

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
)

const (
	// firstFlight is how many bytes of a body a server sends before it waits for an
	// answer (RFC 6928): a page of that size comes at once.
	firstFlight = 10 * 1460
	// maxWhole bounds, in bytes, what is kept of what becomes of such a page.
	maxWhole = 64 << 10
)

// sink is the last station of a page. A small page whose length the origin declared
// comes at once, and goes at once as well, with the length of what became of it: that
// takes fewer system calls.
type sink struct {
	out    http.ResponseWriter
	begin  func()        // sends the header
	began  bool          // the header was sent
	length int           // of the page as the origin declared it, in bytes; -1 for none
	whole  *bytes.Buffer // what is kept until all of it is there; nil: nothing is
}

// wholes are apart from the writers of pages, so that no large page holds on to one.
var wholes = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// reset makes s ready for a page whose length the origin declared, or "". begin sends
// the header; it is called once, before the first byte.
func (s *sink) reset(out http.ResponseWriter, length string, begin func()) {
	*s = sink{out: out, begin: begin, length: -1}
	// Trailers come behind a body without a length (RFC 9112 §7.1.2).
	if length != "" && out.Header()["Trailer"] == nil {
		if n, err := strconv.Atoi(length); err == nil {
			s.length = n
		}
	}
	if s.length >= 0 && s.length <= firstFlight {
		s.whole = wholes.Get().(*bytes.Buffer)
	}
}

// declare says, before the first byte, by how many bytes the page becomes longer.
func (s *sink) declare(growth int) {
	if s.length >= 0 && s.whole == nil {
		s.out.Header().Set("Content-Length", strconv.Itoa(s.length+growth))
	}
}

// free gives up what is kept.
func (s *sink) free() {
	if s.whole != nil {
		s.whole.Reset()
		wholes.Put(s.whole)
		s.whole = nil
	}
}

// start sends the header, unless the length of the page will go with it.
func (s *sink) start() {
	if !s.began && s.whole == nil {
		s.began = true
		s.begin()
	}
}

// Write implements io.Writer.
func (s *sink) Write(p []byte) (int, error) {
	if s.whole == nil {
		s.start()
		return s.out.Write(p)
	}
	if s.whole.Write(p); s.whole.Len() > maxWhole {
		return len(p), s.release()
	}
	return len(p), nil
}

// release sends what is there, without waiting for the end.
func (s *sink) release() error {
	if s.whole == nil || s.whole.Len() == 0 {
		return nil
	}
	defer s.free()
	s.began = true
	s.begin()
	_, err := s.out.Write(s.whole.Bytes())
	return err
}

// close ends the page.
func (s *sink) close() error {
	if s.whole != nil {
		s.out.Header().Set("Content-Length", strconv.Itoa(s.whole.Len()))
		if err := s.release(); err != nil {
			return err
		}
		s.free()
	}
	s.start()
	return nil
}
