package leaks

import (
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Where names lead to.
var (
	siteAddress    = [4]byte{127, 0, 0, 1}
	trackerAddress = [4]byte{127, 0, 0, 2}
)

// site is the gated site's host.
const site = "site.test"

// nameServer answers for the whole internet and notes who was looked up.
type nameServer struct {
	domains []string // of the trackers
	noted   func(host string)
	asked   sync.Map // of every host, true
}

// serveNames answers on port 53 until the test ends.
func serveNames(t *testing.T, s *nameServer) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if answer, err := s.answer(buffer[:n]); err == nil {
				conn.WriteTo(answer, from)
			}
		}
	})
	t.Cleanup(func() {
		conn.Close()
		running.Wait()
	})
}

// answer answers one query (RFC 1035): hosts of the trackers and the site have an
// address, all others don't exist.
func (s *nameServer) answer(query []byte) ([]byte, error) {
	var parser dnsmessage.Parser
	header, err := parser.Start(query)
	if err != nil {
		return nil, err
	}
	question, err := parser.Question()
	if err != nil {
		return nil, err
	}
	host := strings.ToLower(strings.TrimSuffix(question.Name.String(), "."))
	// Records of another kind ask for _port._https.host (RFC 9460).
	for strings.HasPrefix(host, "_") {
		_, host, _ = strings.Cut(host, ".")
	}
	s.asked.Store(host, true)
	address, known := siteAddress, host == site
	for _, domain := range s.domains {
		if strings.HasSuffix(host, "."+domain) {
			address, known = trackerAddress, true
			s.noted(host)
		}
	}
	response := dnsmessage.Header{ID: header.ID, Response: true, Authoritative: true, RecursionDesired: header.RecursionDesired, RecursionAvailable: true}
	if !known {
		response.RCode = dnsmessage.RCodeNameError
	}
	builder := dnsmessage.NewBuilder(nil, response)
	if err := builder.StartQuestions(); err != nil {
		return nil, err
	}
	if err := builder.Question(question); err != nil {
		return nil, err
	}
	if err := builder.StartAnswers(); err != nil {
		return nil, err
	}
	if known && question.Type == dnsmessage.TypeA {
		resource := dnsmessage.ResourceHeader{Name: question.Name, Class: question.Class, TTL: 1}
		if err := builder.AResource(resource, dnsmessage.AResource{A: address}); err != nil {
			return nil, err
		}
	}
	return builder.Finish()
}
