package module_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"testing"

	"github.com/quic-go/quic-go"
	quichttp "github.com/quic-go/quic-go/http3"
)

// eachProtocol runs a test over every protocol that the edge speaks.
func eachProtocol(t *testing.T, e *edge, test func(t *testing.T, v *visitor)) {
	t.Helper()
	protocols := []protocol{http1, http2}
	if e.secure {
		protocols = append(protocols, http3)
	}
	for _, p := range protocols {
		t.Run(string(p), func(t *testing.T) {
			v := e.visitBy(t, p)
			v.client.Transport = only{p, v.client.Transport, t}
			test(t, v)
		})
	}
}

// only fails a test whose answers come over another protocol than it is about.
type only struct {
	protocol protocol
	http.RoundTripper
	t *testing.T
}

func (o only) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := o.RoundTripper.RoundTrip(r)
	if err == nil && response.Proto != string(o.protocol) {
		o.t.Errorf("the answer came over %s", response.Proto)
	}
	return response, err
}

// transport reaches the edge over one protocol, whatever the host.
func (e *edge) transport(t *testing.T, p protocol) http.RoundTripper {
	// The edge signs its certificate itself.
	trust := &tls.Config{InsecureSkipVerify: true}
	if p == http3 {
		transport := &quichttp.Transport{
			TLSClientConfig: trust, DisableCompression: true,
			Dial: func(ctx context.Context, _ string, tls *tls.Config, config *quic.Config) (*quic.Conn, error) {
				tls = tls.Clone()
				tls.ServerName = "shop.test"
				return quic.DialAddr(ctx, net.JoinHostPort(e.ip, e.port), tls, config)
			},
		}
		t.Cleanup(func() { transport.Close() })
		return transport
	}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(e.ip, e.port))
		},
		DisableCompression: true,
		TLSClientConfig:    trust,
		Protocols:          new(http.Protocols),
	}
	switch p {
	case http1:
		transport.Protocols.SetHTTP1(true)
	case http2:
		transport.Protocols.SetUnencryptedHTTP2(true)
		transport.Protocols.SetHTTP2(true)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}
