package module

import (
	"net/http"
	"strconv"
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
	out   http.ResponseWriter
	begin func() // sends the header
	began bool   // the header was sent
	whole bool   // body is kept until all of it is there
	body  []byte
}

// reset makes s ready for a page whose length the origin declared, or "". begin sends
// the header; it is called once, before the first byte.
func (s *sink) reset(out http.ResponseWriter, length string, begin func()) {
	*s = sink{out: out, begin: begin, body: s.body[:0]}
	if n, err := strconv.Atoi(length); err == nil {
		// Trailers come behind a body without a length (RFC 9112 §7.1.2).
		s.whole = n <= firstFlight && out.Header()["Trailer"] == nil
	}
}

// start sends the header, unless the length of the page will go with it.
func (s *sink) start() {
	if !s.began && !s.whole {
		s.began = true
		s.begin()
	}
}

// Write implements io.Writer.
func (s *sink) Write(p []byte) (int, error) {
	if !s.whole {
		s.start()
		return s.out.Write(p)
	}
	if s.body = append(s.body, p...); len(s.body) > maxWhole {
		return len(p), s.release()
	}
	return len(p), nil
}

// release sends what is there, without waiting for the end.
func (s *sink) release() error {
	if !s.whole || len(s.body) == 0 {
		return nil
	}
	s.whole = false
	_, err := s.Write(s.body)
	return err
}

// close ends the page.
func (s *sink) close() error {
	if s.whole {
		s.out.Header().Set("Content-Length", strconv.Itoa(len(s.body)))
		s.whole = false
		if len(s.body) > 0 {
			_, err := s.Write(s.body)
			return err
		}
	}
	s.start()
	return nil
}
