//go:build !windows

package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// termOver is when the evidence of the prepared months has ended.
var termOver = time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)

// dropMonths is the process that is killed: it destroys the ledger's months whose
// term has ended, and scrubs.
func dropMonths(dir string) error {
	location, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		return err
	}
	o := Options{Dir: dir, Location: location, Clock: func() time.Time { return termOver }}
	withKey(1)(&o)
	s, err := Open(context.Background(), o)
	if err != nil {
		return err
	}
	fmt.Println("begun")
	if _, err := s.DropSegments(context.Background(), "child"); err != nil {
		return err
	}
	if _, err := s.Scrub(context.Background()); err != nil {
		return err
	}
	fmt.Println("done")
	select {}
}

// killLater kills the process so long after it has begun, or at its end, and returns
// how long it ran.
func killLater(t *testing.T, dir string, delay time.Duration) time.Duration {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), binary)
	child.Env = append(os.Environ(), roleVariable+"=months", dirVariable+"="+dir)
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var began time.Time
	for scanner := bufio.NewScanner(output); scanner.Scan(); {
		switch scanner.Text() {
		case "begun":
			began = time.Now()
			time.AfterFunc(delay, func() { child.Process.Kill() })
		case "done":
			child.Process.Kill()
		default:
			t.Error(scanner.Text())
		}
	}
	child.Wait()
	return time.Since(began)
}

// Whenever the server is killed while months of the ledger go, the next start
// finishes it: each has one act, the chain verifies from the signed checkpoint on,
// and no byte of the rows is left.
func TestLedgerKilledWhileItsMonthsGoIsFinished(t *testing.T) {
	t.Parallel()
	source := t.TempDir()
	s, clock := openAt(t, source, withKey(1))
	const months, rows = 3, 40
	var gone, kept [][]byte
	for month := range months + 1 {
		if month == months {
			clock.Set(termOver.Add(-time.Hour))
		}
		for range rows {
			c := fullConsent()
			c.At, c.ValidUntil = clock.Now(), clock.Now().AddDate(0, 6, 0)
			row, err := s.AppendConsent(t.Context(), c, nil)
			if err != nil {
				t.Fatal(err)
			}
			if month < months {
				gone = append(gone, []byte(row.RecordID), []byte(row.ConsentID.String()))
			} else {
				kept = append(kept, []byte(row.RecordID))
			}
		}
		clock.Set(clock.Now().AddDate(0, 1, 0))
	}
	clock.Set(termOver)
	if sealed, err := s.Seal(t.Context()); err != nil || len(sealed) != months {
		t.Fatalf("Seal = %d months, %v", len(sealed), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(source, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(crashSeed, 1))
	run := func(delay time.Duration) time.Duration {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, databaseName), content, 0o600); err != nil {
			t.Fatal(err)
		}
		ran := killLater(t, dir, delay)
		s, _ := openAt(t, dir, withKey(1), func(o *Options) { o.Clock = func() time.Time { return termOver } })
		defer s.Close()
		if _, err := s.DropSegments(t.Context(), "recovery"); err != nil {
			t.Fatal(err)
		}
		scrub(t, s)
		v, err := s.Verify(t.Context())
		if err != nil || !v.OK || v.Rows != (months+1)*rows || v.Segments != months || v.Residual != 0 {
			t.Errorf("killed after %v: Verify = %+v, %v", delay, v, err)
		}
		acts, err := s.Acts(t.Context(), 99)
		if err != nil || len(acts) != months {
			t.Errorf("killed after %v: %d acts, %v", delay, len(acts), err)
		}
		for _, act := range acts {
			if act.Rows != rows || act.Scrubbed.IsZero() {
				t.Errorf("killed after %v: act %+v", delay, act)
			}
		}
		files := readDirectory(t, dir)
		if n := left(files, gone); n != 0 {
			t.Errorf("killed after %v: %d of %d destroyed values are left", delay, n, len(gone))
		}
		if n := left(files, kept); n != len(kept) {
			t.Errorf("killed after %v: %d of %d kept values are left", delay, n, len(kept))
		}
		return ran
	}
	full := run(time.Minute)
	for range 32 {
		run(time.Duration(random.Int64N(int64(full))))
	}
}
