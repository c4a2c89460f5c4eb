package module_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/mamen-ai/consentgate/storage/sqlite"
)

// expired returns how many tables of a store's file are past their window, and
// how many acts tell of the end of one.
func expired(path string) (tables, acts int, err error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	err = errors.Join(
		db.QueryRow(`SELECT count(*) FROM sqlite_schema JOIN parts USING (name)
			WHERE type = 'table' AND drop_at <= ?`, time.Now().UnixMilli()).Scan(&tables),
		db.QueryRow("SELECT count(*) FROM acts WHERE reason = 'window_ended' AND actor = 'scheduler'").Scan(&acts))
	return tables, acts, err
}

// oldCopy makes a copy of a store that has days past their window, more than one
// run of the scheduler may destroy, and whose clock was last looked at when they
// weren't.
func oldCopy(t *testing.T, days int) (path string) {
	t.Helper()
	dir := t.TempDir()
	seedOld(t, dir, days)
	then := time.Now().AddDate(0, -2, 0)
	store, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Location: time.UTC, Clock: func() time.Time { return then }})
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "copy.db")
	_, copied := store.MakeCopy(t.Context(), path, then)
	if err := errors.Join(store.SetClockMark(t.Context(), then), copied, store.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// putBack copies a file to where the edge has its store.
func (e *edge) putBack(path string) (database string) {
	e.t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		e.t.Fatal(err)
	}
	if err := errors.Join(os.RemoveAll(e.store()), os.MkdirAll(e.store(), 0o700)); err != nil {
		e.t.Fatal(err)
	}
	database = filepath.Join(e.store(), "consentgate.db")
	if err := os.WriteFile(database, content, 0o600); err != nil {
		e.t.Fatal(err)
	}
	return database
}

// TestExpiredDataOfACopyIsGoneBeforeTheFirstAnswer pins that a copy that is put
// back brings nothing back that people were promised is gone (policy 3.1 row 7,
// 3.6.2 (4)), whichever of Caddy's apps starts first.
func TestExpiredDataOfACopyIsGoneBeforeTheFirstAnswer(t *testing.T) {
	const days = 8
	path := oldCopy(t, days)
	e := start(t, options{})
	raw := e.adapt(options{})
	for round := range 3 {
		if err := caddy.Stop(); err != nil {
			t.Fatal(err)
		}
		database := e.putBack(path)
		if tables, acts, err := expired(database); err != nil || tables != 2*days || acts != 0 {
			t.Fatalf("the copy has %d expired tables and %d acts, %v", tables, acts, err)
		}
		first := make(chan error)
		go func() {
			first <- func() error {
				for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
					response, err := http.Get("http://" + net.JoinHostPort(e.ip, e.port) + "/")
					if err != nil {
						continue // nobody listens yet
					}
					response.Body.Close()
					tables, acts, err := expired(database)
					if err == nil && (response.StatusCode != http.StatusOK || tables != 0 || acts != 2*days) {
						err = fmt.Errorf("%s, %d expired tables, %d acts", response.Status, tables, acts)
					}
					return err
				}
				return errors.New("no answer")
			}()
		}()
		if err := e.reload(raw); err != nil {
			t.Fatal(err)
		}
		if err := <-first; err != nil {
			t.Errorf("at the first answer of round %d: %v", round+1, err)
		}
	}
	e.wantCommand(0, []string{"verify"}, "nothing of what was destroyed is found")
	e.wantCommand(0, []string{"purge", "--dry-run"}, "0 day tables are past their window")
	// It is an ordinary store from then on, which asks the clock.
	if err := e.load(options{gate: "languages en"}); err != nil {
		t.Fatal(err)
	}
	e.visit(t).choose("accept")
	e.wantCommand(2, []string{"status"}, "1 copies of the database are past their day") // the copy that was put back
	e.wantCommand(0, []string{"backup", "--destroyed", "1"})
	e.wantCommand(0, []string{"status"}, "no problems")
}
