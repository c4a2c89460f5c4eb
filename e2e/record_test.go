package e2e

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// An answered choice is in the ledger whatever happens to the server after the
// answer.
func TestAcknowledgedChoiceSurvivesKill(t *testing.T) {
	s := newServer(t)
	const rounds = 10
	for range rounds {
		s.start()
		newVisitor(t).choose(s, "accept")
		s.kill()
	}
	s.start()
	var status Status
	s.consent(&status, "status")
	if status.Totals.Events["given"] != rounds || len(status.Problems) > 0 {
		t.Errorf("after %d answered choices: %v, problems %v", rounds, status.Totals.Events, status.Problems)
	}
	var verified struct {
		Rows int
		OK   bool
	}
	s.consent(&verified, "verify")
	if verified.Rows != rounds || !verified.OK {
		t.Errorf("verify tells %+v", verified)
	}
}

// Policy 3.1 row 7: an allowed visit is recorded in the table of its day, with
// the day by which it is destroyed; IP addresses only as networks, and of one visitor once
// a day (GDPR article 5 (1) (c)).
func TestAllowedVisitLiesInTheTablesOfItsDay(t *testing.T) {
	s := startServer(t)
	stranger, guest := newVisitor(t), newVisitor(t)
	stranger.get(s.url("/"))
	stranger.choose(s, "refuse")
	stranger.get(s.url("/blog.html"))
	begin := today(t)
	guest.choose(s, "accept")
	guest.get(s.url("/product.html?from=mail"))
	guest.get(s.url("/product.html?from=mail"))
	var status Status
	s.consent(&status, "status") // waits for what is queued
	s.stop()
	if end := today(t); !end.Equal(begin) {
		begin = end // midnight passed: what follows then counts the new day's tables
	}

	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dataPath(), "consentgate.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	day := begin.Format("20060102")
	for _, want := range []struct {
		part   string
		months int
		rows   string // of the visitors, in order
		query  string
	}{
		{"visits_visits_" + day, 14, "/product.html,/product.html", "SELECT group_concat(path) FROM %q WHERE id > 0"},
		{"ip_visits_" + day, 14, "consent", "SELECT group_concat(purpose) FROM %q WHERE id > 0"},
		{"ip_matomo_" + day, 24, "analytics", "SELECT group_concat(purpose) FROM %q WHERE id > 0"},
	} {
		var dropAt int64
		if err := db.QueryRow("SELECT drop_at FROM parts WHERE name = ? AND state = 'live'", want.part).Scan(&dropAt); err != nil {
			t.Errorf("the registry has no %s: %v", want.part, err)
			continue
		}
		if expected := monthsLater(begin, want.months); !time.UnixMilli(dropAt).Equal(expected) {
			t.Errorf("%s is to be destroyed at %s, not %s", want.part, time.UnixMilli(dropAt), expected)
		}
		var rows string
		if err := db.QueryRow(fmt.Sprintf(want.query, want.part)).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if rows != want.rows {
			t.Errorf("%s holds %s, not %s", want.part, rows, want.rows)
		}
	}
	var network string
	if err := db.QueryRow(fmt.Sprintf("SELECT ip FROM %q WHERE id > 0", "ip_matomo_"+day)).Scan(&network); err != nil {
		t.Fatal(err)
	}
	if network != guest.network() {
		t.Errorf("the address is kept as %s, not %s", network, guest.network())
	}
	for name, content := range s.files() {
		// The access log may name those who allowed statistics.
		if whole := wholeAddress.Find(content); whole != nil && filepath.Base(name) != "access.log" {
			t.Errorf("%s holds the whole address %s of a visitor", name, whole)
		}
		if bytes.Contains(content, []byte("from=mail")) {
			t.Errorf("%s holds the query of a visited page", name)
		}
	}
}

// wholeAddress matches the address of a visitor of these tests, of which only
// the /24 may be kept.
var wholeAddress = regexp.MustCompile(`127\.1\.\d+\.[1-9]\d*`)

// monthsLater is the local midnight so many calendar months later, the month's
// last day where it has no such day.
func monthsLater(day time.Time, months int) time.Time {
	first := time.Date(day.Year(), day.Month()+time.Month(months), 1, 0, 0, 0, 0, day.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day.Day(), last)-1)
}

// files returns the content of every file below the data directory.
func (s *server) files() map[string][]byte {
	s.t.Helper()
	contents := make(map[string][]byte)
	err := filepath.WalkDir(s.dataPath(), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		contents[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return contents
}

// What the server keeps lies in ./data, for its own account only. Caddy's name
// for the installation is the one thing it puts into the home directory.
func TestEverythingKeptLiesInTheDataDirectory(t *testing.T) {
	s := startServer(t)
	newVisitor(t).choose(s, "accept")
	s.stop()
	err := filepath.WalkDir(s.dataPath(), func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(s.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		inData := strings.HasPrefix(path, s.dataPath()+string(filepath.Separator))
		own := []string{s.configPath(), s.logPath(), filepath.Join(s.dir, "examples")}
		if !inData && !slices.Contains(own, path) && entry.Name() != "instance.uuid" {
			t.Errorf("the server left %s", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
