//lint:file-ignore SA1019 the Transport of net/http refuses the ":protocol" of an extended CONNECT
package module_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	quichttp "github.com/quic-go/quic-go/http3"
	xhttp2 "golang.org/x/net/http2"
)

// serveTunnel has the origin take an upgrade and answer every line. Like an origin
// that counts its visitors it sets cookies.
func serveTunnel(t *testing.T, o *origin) {
	o.serve(func(w http.ResponseWriter, r *http.Request) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n"+
			"Set-Cookie: session=1\r\nSet-Cookie: _ga=1\r\n\r\n")
		for {
			line, err := buffered.ReadString('\n')
			if err != nil || line == goodbye {
				return
			}
			io.WriteString(conn, "echo <body>"+line)
		}
	})
}

// goodbye is the line at which the origin closes a tunnel.
const goodbye = "bye\n"

// speak pins that lines go through an open tunnel, both ways, one after the other, and
// that the tunnel ends for the visitor when the origin ends it.
func speak(t *testing.T, tunnel io.ReadWriter) {
	t.Helper()
	reader := bufio.NewReader(tunnel)
	for _, word := range []string{"hello\n", "<script src=https://mc.yandex.ru/metrika/tag.js>\n"} {
		if _, err := io.WriteString(tunnel, word); err != nil {
			t.Fatal(err)
		}
		if line, err := reader.ReadString('\n'); err != nil || line != "echo <body>"+word {
			t.Fatalf("got %q, %v", line, err)
		}
	}
	if _, err := io.WriteString(tunnel, goodbye); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(reader); len(rest) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the tunnel goes on with %q, %v", rest, err)
	}
}

// wantTunnel fails unless the answer opens a tunnel, without a denied service's cookie.
func wantTunnel(t *testing.T, response *http.Response, status int) {
	t.Helper()
	if response.StatusCode != status {
		t.Fatalf("status %s", response.Status)
	}
	if got := strings.Join(response.Header["Set-Cookie"], "\n"); got != "session=1" {
		t.Errorf("cookies %q", got)
	}
	if got := response.Header["Content-Security-Policy"]; got != nil {
		t.Errorf("a tunnel has a policy: %q", got)
	}
}

// tunnelSites are the places of the gate that a tunnel must get through.
var tunnelSites = map[string]string{
	"alone":         directive + "\n" + proxy,
	"behind encode": "encode gzip\n" + directive + "\n" + proxy,
}

func TestUpgradeOpensATunnel(t *testing.T) {
	for name, site := range tunnelSites {
		t.Run(name, func(t *testing.T) {
			e := start(t, options{site: site, gate: "unknown block"})
			serveTunnel(t, e.origin)
			conn, err := net.Dial("tcp", net.JoinHostPort(e.ip, e.port))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(30 * time.Second))
			io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: shop.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
			reader := bufio.NewReader(conn)
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			wantTunnel(t, response, http.StatusSwitchingProtocols)
			speak(t, struct {
				io.Reader
				io.Writer
			}{reader, conn})
		})
	}
}

// RFC 9220: WebSocket over HTTP/3.
func TestExtendedConnectOpensATunnelOverHTTP3(t *testing.T) {
	for name, site := range tunnelSites {
		t.Run(name, func(t *testing.T) {
			e := start(t, options{site: site, gate: "unknown block", secure: true})
			serveTunnel(t, e.origin)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			conn, err := quic.DialAddr(ctx, net.JoinHostPort(e.ip, e.port),
				&tls.Config{InsecureSkipVerify: true, ServerName: "shop.test", NextProtos: []string{quichttp.NextProtoH3}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.CloseWithError(0, "")
			client := new(quichttp.Transport).NewClientConn(conn)
			<-client.ReceivedSettings()
			if !client.Settings().EnableExtendedConnect {
				t.Fatal("the edge doesn't offer it")
			}
			stream, err := client.OpenRequestStream(ctx)
			if err != nil {
				t.Fatal(err)
			}
			request := connect(ctx, e, http.NoBody)
			request.Proto = "websocket"
			if err := stream.SendRequestHeader(request); err != nil {
				t.Fatal(err)
			}
			stream.SetDeadline(time.Now().Add(30 * time.Second))
			response, err := stream.ReadResponse()
			if err != nil {
				t.Fatal(err)
			}
			wantTunnel(t, response, http.StatusOK)
			speak(t, stream)
		})
	}
}

// extendedConnect has Go's HTTP/2 server offer what RFC 8441 describes. It's read when
// a process starts.
const extendedConnect = "http2xconnect=1"

// RFC 8441: WebSocket over HTTP/2.
func TestExtendedConnectOpensATunnelOverHTTP2(t *testing.T) {
	if !strings.Contains(os.Getenv("GODEBUG"), extendedConnect) {
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		again.Env = append(os.Environ(), "GODEBUG="+extendedConnect)
		out, err := again.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	for name, site := range tunnelSites {
		t.Run(name, func(t *testing.T) {
			e := start(t, options{site: site, gate: "unknown block", secure: true})
			serveTunnel(t, e.origin)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			transport := &xhttp2.Transport{DialTLSContext: func(ctx context.Context, network, _ string, _ *tls.Config) (net.Conn, error) {
				dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, ServerName: "shop.test", NextProtos: []string{"h2"}}}
				return dialer.DialContext(ctx, network, net.JoinHostPort(e.ip, e.port))
			}}
			defer transport.CloseIdleConnections()
			body, send := io.Pipe()
			defer send.Close()
			request := connect(ctx, e, body)
			request.Header[":protocol"] = []string{"websocket"}
			response, err := transport.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			wantTunnel(t, response, http.StatusOK)
			speak(t, struct {
				io.Reader
				io.Writer
			}{response.Body, send})
		})
	}
}

// connect asks for a tunnel to the site.
func connect(ctx context.Context, e *edge, body io.ReadCloser) *http.Request {
	host := net.JoinHostPort("shop.test", e.port)
	return (&http.Request{
		Method: http.MethodConnect, Host: host, Body: body,
		URL:    &url.URL{Scheme: "https", Host: host, Path: "/ws"},
		Header: http.Header{"Sec-Websocket-Version": {"13"}, "Origin": {"https://" + host}},
	}).WithContext(ctx)
}
