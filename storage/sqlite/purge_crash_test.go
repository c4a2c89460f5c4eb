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
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/retention"
	"github.com/mamen-ai/consentgate/storage"
)

// orderVariable says in which order the process that is killed does its work.
const orderVariable = "CONSENTGATE_TEST_ORDER"

const (
	crashRuns    = 64
	crashPoints  = 50 // so many runs at least are to be killed before their end
	crashSeed    = 20261123
	expiredDays  = 3
	liveDays     = 2
	revokedCount = 3 // visitors who revoke, with records on every day
	visitorCount = 6 // others, on each day
)

// revokedID is a visitor who revokes: those with even numbers withdraw, the
// others have everything erased.
func revokedID(number int) consent.ID { return consent.ID{0xee, 15: byte(0xa0 + number)} }

func revocationOf(number int) storage.Event {
	if number%2 == 0 {
		return storage.Withdrawn
	}
	return storage.Erased
}

// destroyAll is the process that is killed: it revokes, erases, drops and scrubs,
// in an order that a number decides, and prints each step when it is done.
func destroyAll(dir string) error {
	s, err := openInChild(dir)
	if err != nil {
		return err
	}
	order, err := strconv.ParseUint(os.Getenv(orderVariable), 10, 64)
	if err != nil {
		return err
	}
	ctx := context.Background()
	purger := newPurger(s)
	tick := func() error {
		result, err := purger.Tick(ctx, false)
		fmt.Println("ticked", result.Overdue)
		return err
	}
	scrubbing := func() error {
		_, err := s.Scrub(ctx)
		fmt.Println("scrubbed")
		return err
	}
	steps := []func() error{tick, tick, scrubbing}
	for number := range revokedCount {
		steps = append(steps, func() error {
			row := someConsent(revokedID(number))
			row.Event = revocationOf(number)
			if _, err := s.AppendConsent(ctx, row, nil); err != nil {
				return err
			}
			fmt.Println("revoked", number)
			reason, _ := row.Event.Revokes()
			if _, err := s.Erase(ctx, row.ConsentID, reason, "visitor"); err != nil {
				return err
			}
			fmt.Println("erased", number)
			return nil
		})
	}
	random := rand.New(rand.NewPCG(order, 0))
	random.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	fmt.Println("begun")
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	fmt.Println("done")
	select {}
}

// newPurger is what a server starts with. Its clock is the children's.
func newPurger(s *Store) *retention.Purger {
	return retention.New(retention.Options{Store: s, Location: s.location, Clock: func() time.Time { return noon }})
}

// doomed is a prepared database and what is in it.
type doomed struct {
	content []byte // of the file
	expired []crowd
	live    []crowd
	rows    map[string]int64 // by part
	given   int64            // ledger rows
}

// prepareDoomed makes days whose windows have ended, days whose haven't, and
// visitors with records on all of them.
func prepareDoomed(t *testing.T) doomed {
	t.Helper()
	dir := t.TempDir()
	s, clock := openAt(t, dir)
	d := doomed{rows: map[string]int64{}}
	var revoked []consent.ID
	for number := range revokedCount {
		revoked = append(revoked, revokedID(number))
	}
	living := newCrowd(visitorCount, fixedRows).ids()
	for day := range expiredDays + liveDays {
		ids, at := living, noon.AddDate(0, 0, day-expiredDays-liveDays+1)
		if day < expiredDays {
			ids, at = newCrowd(visitorCount, fixedRows).ids(), noon.AddDate(0, -15, day)
		}
		clock.Set(at)
		c := newCrowdOf(slices.Concat(revoked, ids), rowShape(day%3), at)
		c.give(t, s)
		c.record(t, s)
		d.given += int64(len(c.visits))
		if day < expiredDays {
			d.expired = append(d.expired, c)
		} else {
			d.live = append(d.live, c)
		}
	}
	parts, err := s.Parts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		d.rows[part.Name] = part.Rows
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if d.content, err = os.ReadFile(filepath.Join(dir, databaseName)); err != nil {
		t.Fatal(err)
	}
	return d
}

// crashPoint is when a process is killed: so many lines after it has begun, and
// so long after that line.
type crashPoint struct {
	order uint64
	lines int
	delay time.Duration
}

// killAt runs the process and kills it at the point. It returns what it had
// printed by then, and how long it ran from its beginning.
func killAt(t *testing.T, dir string, point crashPoint) (printed []string, ran time.Duration) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), binary)
	child.Env = append(os.Environ(), roleVariable+"=destroy", dirVariable+"="+dir, orderVariable+"="+fmt.Sprint(point.order))
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var began time.Time
	for scanner := bufio.NewScanner(output); scanner.Scan(); {
		line := scanner.Text()
		if strings.HasPrefix(line, "error:") {
			t.Errorf("%+v: %s", point, line)
		}
		printed = append(printed, line)
		if line == "begun" {
			began = time.Now()
		}
		if line == "done" {
			ran = time.Since(began)
		}
		if len(printed) == 1+point.lines || line == "done" {
			time.AfterFunc(point.delay, func() { child.Process.Kill() })
		}
	}
	child.Wait()
	if len(printed) == 0 || printed[0] != "begun" {
		t.Fatalf("%+v: the process printed %q", point, printed)
	}
	return printed, ran
}

// Whenever the server is killed while it destroys, the next start finishes it,
// each destruction has its act once, and nothing else is lost.
func TestDestructionKilledAnywhereIsFinished(t *testing.T) {
	t.Parallel()
	d := prepareDoomed(t)
	random := rand.New(rand.NewPCG(crashSeed, 0))
	full := d.crash(t, crashPoint{lines: 1 << 20}) // runs to its end
	// On a busy machine processes may end before their point: then more are started.
	var cut atomic.Int64
	started := 0
	for ; cut.Load() < crashPoints && started < 4*crashRuns; started += crashRuns {
		t.Run("points", func(t *testing.T) { d.crashAtPoints(t, random, full, &cut) })
	}
	if n := cut.Load(); n < crashPoints {
		t.Errorf("only %d of %d processes were killed before their end", n, started)
	}
	t.Logf("%d of %d processes were killed before their end; the whole work took %v", cut.Load(), started, full)
}

// crashAtPoints lets crashRuns processes work and kills them at random points. It
// counts those that were killed before their end.
func (d doomed) crashAtPoints(t *testing.T, random *rand.Rand, full time.Duration, cut *atomic.Int64) {
	for number := range crashRuns {
		var points []crashPoint
		for range 1 + random.IntN(4)/3 { // one of four is killed again, at its own recovery
			point := crashPoint{order: random.Uint64(), delay: time.Duration(random.Int64N(int64(full * 2 / 3)))}
			if random.IntN(2) == 0 {
				point.lines = 1 + random.IntN(2*revokedCount+2)
				point.delay = time.Duration(random.Int64N(int64(4 * time.Millisecond)))
			}
			points = append(points, point)
		}
		t.Run(fmt.Sprint(number), func(t *testing.T) {
			t.Parallel()
			if d.crash(t, points...) == 0 {
				cut.Add(1)
			}
		})
	}
}

// crash lets a process work on a copy of the database and kills it, once for each
// point, and judges what a start makes of it. It returns how long the last one
// needed, 0 when it was killed before its end.
func (d doomed) crash(t *testing.T, points ...crashPoint) (ran time.Duration) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, databaseName), d.content, 0o600); err != nil {
		t.Fatal(err)
	}
	var printed []string
	for _, point := range points {
		var lines []string
		lines, ran = killAt(t, dir, point)
		printed = append(printed, lines...)
	}
	d.checkAfter(t, dir, printed)
	if t.Failed() {
		t.Logf("seed %d, killed at %+v after %q", crashSeed, points, printed)
	}
	return ran
}
