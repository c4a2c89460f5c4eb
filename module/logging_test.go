package module_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/mamen-ai/consentgate/module"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// logLine returns what the encoder makes of an entry whose first fields came with
// the logger.
func logLine(t testing.TB, entry zapcore.Entry, with, fields []zapcore.Field) map[string]any {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	defer cancel()
	encoder := new(module.LogEncoder)
	if err := encoder.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	named := encoder.Clone()
	for _, field := range with {
		field.AddTo(named)
	}
	line, err := named.EncodeEntry(entry, fields)
	if err != nil {
		t.Fatal(err)
	}
	var decoded map[string]any
	if err := json.Unmarshal(line.Bytes(), &decoded); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	return decoded
}

func request(t testing.TB) zapcore.Field {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://shop.kz/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr, r.RequestURI = "203.0.113.77:51234", "/user/ivan@example.kz?code=secret"
	r.Header = http.Header{
		"X-Forwarded-For": {"203.0.113.77"}, "X-Mail": {"secret"}, "User-Agent": {"Firefox/secret"}, "Cookie": {"a=secret"},
		"Referer": {"http://shop.kz/a?email=secret"}, "Accept": {"text/html"}, "If-None-Match": {"secret"},
	}
	return zap.Object("request", caddyhttp.LoggableHTTPRequest{Request: r, ShouldLogCredentials: true})
}

// A logger's name, or a field of the same name as the visitor's consent, opens
// nothing.
func TestLogEntriesTellNothingOfAVisitorWithoutTheMark(t *testing.T) {
	for _, entry := range []zapcore.Entry{
		{LoggerName: "http.log.access.log0", Message: "handled request"},
		{LoggerName: "http.log.error", Message: "read tcp 10.0.0.1:80->203.0.113.77:51234: reset"},
		{LoggerName: "http.handlers.reverse_proxy", Level: zapcore.DebugLevel, Message: `Get "http://a/?x=secret": EOF`},
	} {
		line := logLine(t, entry, []zapcore.Field{request(t)}, []zapcore.Field{
			zap.String("consent", "statistics"), zap.String("user_id", "secret"), zap.Error(errors.New("lookup ivan@example.kz: 203.0.113.77")),
			zap.Any("config", map[string]any{"uri": "/x?secret", "list": []string{"203.0.113.77"}, "headers": http.Header{"X-Api-Key": {"secret"}}}),
			zap.Strings("ips", []string{"203.0.113.77", "[2001:db8:1:2::5]:80"}), zap.Binary("raw", []byte("secret")), zap.ByteString("bytes", []byte("203.0.113.77")),
			zap.Namespace("first_error"), zap.String("msg", "from 203.0.113.77"), zap.Int("status", 502),
		})
		raw, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"secret", "203.0.113.77", "ivan", "2001:db8:1:2"} {
			if strings.Contains(string(raw), bad) {
				t.Errorf("%s: %q stands in %s", entry.LoggerName, bad, raw)
			}
		}
		logged := line["request"].(map[string]any)
		if logged["remote_ip"] != "203.0.113.0" || logged["remote_port"] != "" || logged["uri"] != "/user/*?…" || logged["method"] != "GET" || logged["host"] != "shop.kz" {
			t.Errorf("%s: what an operator needs is gone: %s", entry.LoggerName, raw)
		}
		if line["first_error"].(map[string]any)["status"] != 502.0 {
			t.Errorf("%s: a namespace's fields are gone: %s", entry.LoggerName, raw)
		}
	}
}

// Where files lie an operator must be able to read.
func TestLogEntriesOfTheServerItselfKeepPaths(t *testing.T) {
	line := logLine(t, zapcore.Entry{LoggerName: "consent", Message: "open /srv/20261125/a: no space left"}, nil, []zapcore.Field{zap.String("address", "127.0.0.1:8080")})
	if line["msg"] != "open /srv/20261125/a: no space left" || line["address"] != "127.0.0.1:8080" {
		t.Errorf("logged: %v", line)
	}
}

// Requests with their fields aren't mixed up by loggers that share an encoder.
func TestLoggersShareNoFields(t *testing.T) {
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	defer cancel()
	shared := new(module.LogEncoder)
	if err := shared.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	zap.String("a", "1").AddTo(shared)
	for _, key := range []string{"b", "c"} {
		one := shared.Clone()
		zap.String(key, "2").AddTo(one)
		line, err := one.EncodeEntry(zapcore.Entry{}, []zapcore.Field{zap.Duration("d", time.Second)})
		if err != nil {
			t.Fatal(err)
		}
		if text := line.String(); !strings.Contains(text, `"a":"1","`+key+`":"2","d":1`) {
			t.Errorf("logged: %s", text)
		}
	}
}

func TestLogFormatRefusesWhatItDoesntKnow(t *testing.T) {
	for source, want := range map[string]string{
		"consent x":                                "has no argument 'x'",
		"consent {\nfields\n}":                     "has no option 'fields'",
		"consent {\nwrap\n}":                       "'wrap' needs a format",
		"consent {\nwrap json\nwrap console\n}":    "given twice",
		"consent {\nwrap nothing\n}":               "nothing",
		"consent":                                  "",
		"consent {\nwrap json {\ntime_key t\n}\n}": "",
	} {
		err := new(module.LogEncoder).UnmarshalCaddyfile(caddyfile.NewTestDispenser(source))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", source, err, want)
		}
	}
}

func FuzzLogEncoder(f *testing.F) {
	f.Add("http.log.access", "msg 203.0.113.77", "request", "/a?b")
	f.Add("", "\xff", "headers", "[::ffff:203.0.113.77%eth0]:80")
	f.Fuzz(func(t *testing.T, logger, message, key, value string) {
		logLine(t, zapcore.Entry{LoggerName: logger, Message: message}, []zapcore.Field{zap.String(key, value), zap.Reflect("x", map[string]string{key: value})},
			[]zapcore.Field{zap.Strings(key, []string{value}), zap.ByteString(key, []byte(value)), zap.Error(errors.New(value)), zap.Reflect("f", func() {})})
	})
}
