package module

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/dustin/go-humanize"
)

// Health is what the route "ready" answers.
type Health struct {
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons"` // why not, a sentence each
}

const (
	// probeTimeout bounds how long "ready" waits for the store.
	probeTimeout = 3 * time.Second
	// leastRoom is the room on the store's disk, in bytes, below which a choice may
	// not be stored.
	leastRoom = 8 << 20
	// littleRoom is the room, in bytes, below which "consent status" warns. The alert
	// ConsentgateDiskLow has the same.
	littleRoom = 1e9
)

// serveLive answers that the process serves. It asks nothing of the store: a server
// that waits for one isn't mended by another start.
func serveLive(w http.ResponseWriter, r *http.Request) error {
	return answerHealth(w, r, http.StatusOK, map[string]bool{"live": true})
}

// serveReady answers whether choices can be made and proven.
func serveReady(w http.ResponseWriter, r *http.Request) error {
	health := Health{Reasons: notReady(r)}
	if health.Ready = len(health.Reasons) == 0; health.Ready {
		return answerHealth(w, r, http.StatusOK, health)
	}
	return answerHealth(w, r, http.StatusServiceUnavailable, health)
}

func answerHealth(w http.ResponseWriter, r *http.Request, status int, health any) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Err: errors.New("use GET")}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(health)
}

// notReady returns why choices can't be made or proven, a sentence each.
func notReady(r *http.Request) []string {
	reasons := []string{}
	ctx, cancel := context.WithTimeout(r.Context(), probeTimeout)
	defer cancel()
	app, store, err := running(r.WithContext(ctx))
	if err != nil {
		return append(reasons, fmt.Sprintf("Nothing can be stored: %v.", reasonOf(err)))
	}
	select {
	case <-app.shared.ready:
	default:
		reasons = append(reasons, "Records past their window are being destroyed before requests are answered: wait.")
	}
	if _, err := store.ClockMark(ctx); err != nil {
		reasons = append(reasons, fmt.Sprintf("The store can't be read: %v.", err))
	}
	if free, err := freeBytes(app.shared.dir); err == nil && free < leastRoom {
		reasons = append(reasons, fmt.Sprintf("The store's disk has %s left, and choices may be refused: make room at %s.", humanize.Bytes(free), app.shared.dir))
	}
	if _, err := app.verifierKey(ctx); err != nil {
		reasons = append(reasons, fmt.Sprintf("Choices are refused, and nothing can be signed: %v.", err))
	}
	return reasons
}

// reasonOf returns what an answer of the admin API says, without its status.
func reasonOf(err error) error {
	var known caddy.APIError
	if errors.As(err, &known) {
		return known.Err
	}
	return err
}

// ready prints whether the server is ready. As containers' health checks want it, the
// exit code is 1 if not.
func (c client) ready([]string) (int, error) {
	var health Health
	err := c.call(http.MethodGet, "ready", nil, &health)
	if err == nil {
		c.printf("ready\n")
		return exitOK, nil
	}
	var answer refusal
	if !errors.As(err, &answer) || json.Unmarshal([]byte(answer.body), &health) != nil || health.Reasons == nil {
		return exitFailed, err
	}
	if c.json {
		fmt.Fprintln(c.out, strings.TrimSpace(answer.body))
	}
	return exitFailed, fmt.Errorf("the server isn't ready: %s", strings.Join(health.Reasons, " "))
}
