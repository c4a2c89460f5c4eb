package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// An operator changes the configuration while visitors read and choose: nobody
// notices.
func TestReloadUnderTrafficLosesNothing(t *testing.T) {
	s := newServer(t)
	// A site is a process of its own, which a reload of the edge leaves alone.
	origin := httptest.NewServer(http.FileServer(http.Dir("../examples/site")))
	t.Cleanup(origin.Close)
	s.env = append(s.env, "UPSTREAM="+origin.URL)
	s.start()
	const clients, reloads = 8, 5
	var (
		stop    = make(chan struct{})
		running sync.WaitGroup
		answers atomic.Int64 // acknowledged choices
		pagesOK atomic.Int64
		anew    atomic.Int64 // requests whose connection no handler had taken

		reloading atomic.Bool // from the first reload on
		mu        sync.Mutex
		failed    []error
	)
	fail := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		failed = append(failed, err)
	}
	// Caddy opens a second socket for the new configuration and closes the old
	// one: the kernel resets connections that wait in its queue, and Go's server
	// closes those whose request it hasn't read by then. It may do so after the
	// command has returned, and a request made anew may meet the next reload. Such a
	// request reached no handler; had it, the ledger would have more choices than
	// were answered.
	connected := func(request func() error) error {
		err := request()
		for range reloads {
			if !reloading.Load() || !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
				return err
			}
			anew.Add(1)
			err = request()
		}
		return err
	}
	for range clients {
		running.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				v := newVisitor(t)
				for _, page := range []string{"/", "/blog.html"} {
					var response *http.Response
					var body string
					err := connected(func() (err error) {
						response, body, err = v.try(http.MethodGet, s.url(page), nil)
						return err
					})
					switch {
					case err != nil:
						fail(err)
					case response.StatusCode != 200 || len(body) < 1000:
						fail(fmt.Errorf("%s: %s with %d bytes", page, response.Status, len(body)))
					default:
						pagesOK.Add(1)
					}
				}
				err := connected(func() error { return v.tryChoose(s.url("/.privacy/choice"), "accept") })
				if err != nil {
					fail(err)
				} else {
					answers.Add(1)
				}
			}
		})
	}
	counters := func() (banners, choices float64) {
		text := s.metrics()
		return metric(t, text, "consentgate_banner_shown_total"), metric(t, text, `consentgate_choices_total{choice="given",method="banner"}`)
	}
	eventually(t, "there is traffic", func() error {
		if answers.Load() < clients {
			return fmt.Errorf("%d choices", answers.Load())
		}
		return nil
	})
	banners, choices := counters()
	reloading.Store(true)
	for reload := range reloads {
		before := answers.Load()
		if _, code := s.command("reload", "--force", "--config", s.configPath(), "--address", s.adminAddress()); code != 0 {
			t.Fatalf("reload ended with code %d", code)
		}
		eventually(t, "traffic goes on", func() error {
			if answers.Load() < before+clients {
				return fmt.Errorf("%d choices since the reload", answers.Load()-before)
			}
			return nil
		})
		b, c := counters()
		if b < banners || c < choices {
			t.Errorf("reload %d: the counters fell from %g and %g to %g and %g", reload, banners, choices, b, c)
		}
		banners, choices = b, c
	}
	close(stop)
	running.Wait()
	if len(failed) > 0 {
		t.Errorf("%d requests failed, the first: %v", len(failed), failed[0])
	}
	var status Status
	s.consent(&status, "status")
	if given := int64(status.Totals.Events["given"]); given != answers.Load() {
		t.Errorf("%d choices were acknowledged, %d are in the ledger", answers.Load(), given)
	}
	if status.Totals.Handles != 1 || len(status.Problems) > 0 {
		t.Errorf("%d database handles, problems %v", status.Totals.Handles, status.Problems)
	}
	t.Logf("%d pages and %d choices over %d reloads, %d connections made anew", pagesOK.Load(), answers.Load(), reloads, anew.Load())
}
