package leaks

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// The addresses of the lab, all on the loopback interface of its namespace.
const (
	resolverAddress = "127.0.0.1" // the name server
	edgeAddress     = "127.0.0.1" // consentgate
	trackerAddress  = "127.0.0.2" // every third party
	labAddress      = "127.0.0.3" // the ungated site, the layers and the conductor
)

// addressOf returns where a name leads: the lab's own hosts to themselves, names
// below a tracker domain to the trackers, all else nowhere.
func addressOf(name string) (address string, found bool) {
	switch {
	case name == edgeBlock.host, name == edgeAllow.host, name == edgeStrict.host:
		return edgeAddress, true
	case name == conductorHost, name == ungated.host, strings.HasSuffix(name, layersDomain):
		return labAddress, true
	}
	if _, _, ok := splitTracker(name); ok {
		return trackerAddress, true
	}
	return "", false
}

// splitTracker splits the host of a third party into way and run.
func splitTracker(name string) (way, run string, ok bool) {
	for _, domain := range []string{unknownDomain, knownDomain} {
		if rest, found := strings.CutSuffix(name, "."+domain); found {
			way, run, ok = strings.Cut(rest, ".")
			return way, run, ok
		}
	}
	return "", "", false
}

// serveNames answers questions over UDP and TCP (RFC 1035 §4.2) until the
// listeners are closed, and notes those about third parties.
func serveNames(datagrams net.PacketConn, streams net.Listener, notes *notebook) {
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, from, err := datagrams.ReadFrom(buffer)
			if err != nil {
				return
			}
			if reply, ok := answer(buffer[:n], notes); ok {
				datagrams.WriteTo(reply, from)
			}
		}
	}()
	go func() {
		for {
			stream, err := streams.Accept()
			if err != nil {
				return
			}
			go serveNameStream(stream, notes)
		}
	}()
}

func serveNameStream(stream net.Conn, notes *notebook) {
	defer stream.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(stream, length[:]); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(stream, question); err != nil {
			return
		}
		reply, ok := answer(question, notes)
		if !ok {
			return
		}
		if _, err := stream.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}

// answer returns the reply to one message. Hosts have an IPv4 address and
// nothing else.
func answer(message []byte, notes *notebook) (reply []byte, ok bool) {
	var parser dnsmessage.Parser
	header, err := parser.Start(message)
	if err != nil {
		return nil, false
	}
	question, err := parser.Question()
	if err != nil {
		return nil, false
	}
	name := strings.ToLower(strings.TrimSuffix(question.Name.String(), "."))
	notes.note(name, lookUp)
	response := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: header.ID, Response: true, RecursionDesired: header.RecursionDesired, RecursionAvailable: true},
		Questions: []dnsmessage.Question{question},
	}
	address, found := addressOf(name)
	switch {
	case !found:
		response.RCode = dnsmessage.RCodeNameError
	case question.Type == dnsmessage.TypeA:
		response.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: 60},
			Body:   &dnsmessage.AResource{A: netip.MustParseAddr(address).As4()},
		}}
	}
	reply, err = response.Pack()
	return reply, err == nil
}
