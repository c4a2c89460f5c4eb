package module_test

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// TestErrorPagesStayWhole pins that after an error of the next handler nothing of
// ours stands before or behind what handle_errors writes.
func TestErrorPagesStayWhole(t *testing.T) {
	const page = "<html><head></head><body>custom</body></html>"
	e := start(t, options{secure: true, site: directive + "\nhandle /missing {\n error 404\n}\nhandle {\n" + proxy + "\n}\n" +
		"handle_errors {\nheader Content-Type text/html\nrespond `" + page + "` {err.status_code}\n}"})
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		a := v.get("/missing")
		a.want(t, 404)
		a.wantSame(t, []byte(page))
		a.wantHeader(t, "Content-Length", strconv.Itoa(len(page)))
	})
	e.origin.Close()
	a := e.visit(t).get("/")
	a.want(t, 502)
	a.wantSame(t, []byte(page))
}

// TestErrorAfterTheFirstBytes pins a handler that fails while its page is still
// held: only the error's page goes out.
func TestErrorAfterTheFirstBytes(t *testing.T) {
	caddy.RegisterModule(failing{})
	e := start(t, options{})
	raw := strings.Replace(string(e.adapt(options{site: directive + "\nrespond x\nhandle_errors {\nrespond custom {err.status_code}\n}"})),
		`{"body":"x","handler":"static_response"}`, `{"handler":"test_failing"}`, 1)
	if err := e.reload([]byte(raw)); err != nil {
		t.Fatal(err)
	}
	a := e.visit(t).get("/")
	a.want(t, 500)
	a.wantSame(t, []byte("custom"))
}

// failing is a handler that begins a page and then returns an error.
type failing struct{}

func (failing) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.test_failing", New: func() caddy.Module { return failing{} }}
}

func (failing) ServeHTTP(w http.ResponseWriter, _ *http.Request, _ caddyhttp.Handler) error {
	writePage(w, "<html><body>half")
	return caddyhttp.Error(http.StatusInternalServerError, errors.New("failed in the middle"))
}

// TestErrorPageOfAGatedRouteIsGated pins that handle_errors can have a gate of
// its own.
func TestErrorPageOfAGatedRouteIsGated(t *testing.T) {
	e := start(t, options{site: directive + "\nerror /missing 404\n" + proxy +
		"\nhandle_errors {\n" + directive + "\nheader Content-Type text/html\nrespond `" + trackerPage + "` {err.status_code}\n}"})
	e.visit(t).get("/missing").want(t, 404, bannerMark, blockedScript)
}
