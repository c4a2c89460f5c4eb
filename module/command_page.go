package module

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os/signal"
	"slices"
	"syscall"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/mamen-ai/consentgate/internal/report"
	"github.com/spf13/cobra"
)

// pageCommand shows the operator's page. Caddy's admin API refuses what a browser's
// address bar sends, since it names no Origin; so this hands the page on.
func pageCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:          "page",
		Short:        "Shows how the site's promises stand, in a browser",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
	}
	listen := cmd.Flags().String("listen", "127.0.0.1:2020", "Where the browser finds the page; of this machine alone")
	html := cmd.Flags().Bool("html", false, "Prints the page, which needs no other file, and ends")
	language := cmd.Flags().String("lang", "", "kk, ru or en (default what the browser prefers)")
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(fl caddycmd.Flags) (int, error) {
		cmd.SilenceErrors = true // Caddy logs them
		c := client{address: fl.String("address"), json: fl.Bool("json"), out: cmd.OutOrStdout()}
		if *language != "" && !slices.Contains(report.Languages(), *language) {
			return exitBroken, fmt.Errorf("--lang %q: name one of %q", *language, report.Languages())
		}
		if c.json {
			return exitBroken, errors.New("--json: the page is HTML; see \"consent report --json\"")
		}
		if *html {
			return c.printPage(*language)
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		return c.servePage(ctx, *listen, *language)
	})
	return cmd
}

// overview asks for the page.
func (c client) overview(language, acceptLanguage string) (*http.Response, error) {
	header := http.Header{"Accept-Language": {acceptLanguage}}
	response, err := caddycmd.AdminAPIRequest(c.address, http.MethodGet, adminPath+"?"+url.Values{"lang": {language}}.Encode(), header, nil)
	if err != nil {
		return nil, fmt.Errorf("no page comes from %s: is a server with consent_gate running there? Name its admin API with --address (%w)", c.address, err)
	}
	return response, nil
}

func (c client) printPage(language string) (int, error) {
	response, err := c.overview(language, "")
	if err != nil {
		return exitFailed, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(c.out, response.Body); err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}

// servePage hands the page on to browsers of this machine until ctx ends.
func (c client) servePage(ctx context.Context, address, language string) (int, error) {
	if host, _, err := net.SplitHostPort(address); err != nil || !isLoopback(host) {
		return exitBroken, fmt.Errorf("--listen %q: name an address of this machine alone, such as 127.0.0.1:2020", address)
	}
	first, err := c.overview(language, "") // rather an error here than in the browser
	if err != nil {
		return exitFailed, err
	}
	first.Body.Close()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return exitFailed, fmt.Errorf("%w: name another by --listen", err)
	}
	server := &http.Server{Handler: c.pageHandler(listener.Addr(), language), ReadHeaderTimeout: 5 * time.Second}
	stopped := context.AfterFunc(ctx, func() { server.Close() })
	defer stopped()
	fmt.Fprintf(c.out, "http://%s/ shows the page; Ctrl+C ends it\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return exitFailed, err
	}
	return exitOK, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// pageHandler answers the page to whoever names this machine: a website that has its
// own name rebound to 127.0.0.1 doesn't.
func (c client) pageHandler(address net.Addr, language string) http.Handler {
	_, port, _ := net.SplitHostPort(address.String())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host != address.String() && r.Host != net.JoinHostPort("localhost", port):
			http.Error(w, "this page is for "+address.String(), http.StatusForbidden)
			return
		case r.URL.Path != "/":
			http.NotFound(w, r)
			return
		case r.Method != http.MethodGet:
			w.Header().Set("Allow", http.MethodGet)
			http.Error(w, "use GET", http.StatusMethodNotAllowed)
			return
		}
		chosen := r.URL.Query().Get("lang")
		if chosen == "" {
			chosen = language
		}
		response, err := c.overview(chosen, r.Header.Get("Accept-Language"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		maps.Copy(w.Header(), response.Header)
		io.Copy(w, response.Body) // the browser may have gone
	})
}
