package module

import (
	"context"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func TestOnlyKnownHeadersAreLogged(t *testing.T) {
	const always, allowed, never = "always", "allowed", "never"
	for name, want := range map[string]string{
		"Accept": always, "Content-Type": always, "Location": always, "Referer": always, "SEC-FETCH-DEST": always, "Access-Control-Allow-Origin": always,
		"User-Agent": allowed, "Sec-Ch-Ua-Platform": allowed, "X-Forwarded-For": allowed, "Forwarded": allowed, "X-Real-Ip": allowed,
		"True-Client-Ip": allowed, "Cf-Connecting-Ip": allowed, "Accept-Language": allowed,
		"Cookie": never, "Set-Cookie": never, "Authorization": never, "Proxy-Authorization": never, "Etag": never, "If-None-Match": never,
		"X-Api-Key": never, "X-User": never, "": never, "ivan@example.kz": never,
	} {
		dropped := redactor{headers: true}.drops(name)
		droppedOfAllowed := redactor{headers: true, allowed: true}.drops(name)
		if dropped != (want != always) || droppedOfAllowed != (want == never) {
			t.Errorf("%q is dropped: %v, of who allowed statistics %v; want it logged %s", name, dropped, droppedOfAllowed, want)
		}
	}
}

// Who allowed statistics didn't allow being named in errors.
func TestTheMarkCountsInTheAccessLogAlone(t *testing.T) {
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	defer cancel()
	encoder := new(LogEncoder)
	if err := encoder.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	for logger, want := range map[string]bool{"http.log.access": true, "http.log.access.log0": true, "http.log.error": false, "http.handlers.x": false, "": false} {
		for _, mark := range []bool{true, false} {
			line, err := encoder.EncodeEntry(zapcore.Entry{LoggerName: logger}, []zapcore.Field{
				zap.String("client_ip", "203.0.113.77"), zap.Stringer("consent", logConsent(mark)),
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(line.String(), "203.0.113.77"); got != (want && mark) {
				t.Errorf("%s, marked %v: %s", logger, mark, line)
			}
		}
	}
}
