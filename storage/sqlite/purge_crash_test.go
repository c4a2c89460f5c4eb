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
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/retention"
	"github.com/mamen-ai/consentgate/storage"
)

// orderVariable says in which order the process that is killed does its work.
const orderVariable = "CONSENTGATE_TEST_ORDER"

const (
	crashPoints  = 50
	crashSeed    = 20261123
	expiredDays  = 6
	liveDays     = 3
	revokedCount = 4  // visitors who revoke, with records on every day
	visitorCount = 30 // others, on each day
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
	d := prepareDoomed(t)
	random := rand.New(rand.NewPCG(crashSeed, 0))
	run := func(points ...crashPoint) (ran time.Duration, whole bool) {
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
			t.Fatalf("seed %d, killed at %+v after %q", crashSeed, points, printed)
		}
		return ran, ran > 0
	}
	full, _ := run(crashPoint{lines: 1 << 20})
	cut, tried := 0, 0
	for ; cut < crashPoints && tried < 2*crashPoints; tried++ {
		var points []crashPoint
		for range 1 + random.IntN(4)/3 { // one of four is killed again, at its own recovery
			point := crashPoint{order: random.Uint64(), delay: time.Duration(random.Int64N(int64(full)))}
			if random.IntN(2) == 0 {
				point.lines = 1 + random.IntN(3+2*revokedCount-1)
				point.delay = time.Duration(random.Int64N(int64(4 * time.Millisecond)))
			}
			points = append(points, point)
		}
		if _, whole := run(points...); !whole {
			cut++
		}
	}
	if cut < crashPoints {
		t.Errorf("only %d of %d processes were killed before their end", cut, tried)
	}
	t.Logf("%d of %d processes were killed before their end; the whole work took %v", cut, tried, full)
}

// checkAfter opens what a killed process left, does what a server does at its
// start, and judges the result.
func (d doomed) checkAfter(t *testing.T, dir string, printed []string) {
	t.Helper()
	s, _ := openAt(t, dir, withKey(1))
	defer s.Close()
	mustBeSound(t, s)
	revoked := map[consent.ID]bool{}
	for number := range revokedCount {
		held, err := s.Held(t.Context(), revokedID(number))
		if err != nil {
			t.Fatal(err)
		}
		_, isRevoked := held.Events[len(held.Events)-1].Event.Revokes()
		acknowledged, erased := false, false
		for _, line := range printed {
			acknowledged = acknowledged || line == fmt.Sprint("revoked ", number)
			erased = erased || line == fmt.Sprint("erased ", number)
		}
		if acknowledged && !isRevoked {
			t.Errorf("the acknowledged revocation %d is lost", number)
		}
		if n := len(held.IPs) + len(held.Visits); erased && n != 0 || !isRevoked && n != 3*liveDays {
			t.Errorf("visitor %d (revoked %v, erased %v): %d records are readable after the kill", number, isRevoked, erased, n)
		}
		revoked[revokedID(number)] = isRevoked
	}
	d.mustHideExpired(t, s)

	purger := newPurger(s)
	for overdue := 1; overdue > 0; {
		result, err := purger.Tick(t.Context(), false)
		if err != nil || result.Residual != 0 || result.ClockTripped || result.PendingErasures != 0 {
			t.Fatalf("tick %+v, %v", result, err)
		}
		overdue = result.Overdue
	}
	if n := pendingCount(t, s); n != 0 {
		t.Errorf("%d erasures are pending", n)
	}
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Residual != 0 || v.Rows < d.given {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	mustBeSound(t, s)
	d.checkActs(t, s, revoked)
	d.checkBytes(t, s, revoked)
}

// mustHideExpired fails the test when a record whose window has ended is readable.
func (d doomed) mustHideExpired(t *testing.T, s *Store) {
	t.Helper()
	for _, c := range d.expired {
		for _, visit := range c.visits[revokedCount:] {
			if held, err := s.Held(t.Context(), visit.ConsentID); err != nil || len(held.IPs)+len(held.Visits) != 0 {
				t.Fatalf("past its window %+v is readable, %v", held, err)
			}
		}
	}
}

// checkActs holds the acts against what is gone.
func (d doomed) checkActs(t *testing.T, s *Store, revoked map[consent.ID]bool) {
	t.Helper()
	revocations := map[storage.Reason]int{} // visitors, each with records on each day
	for number := range revokedCount {
		if reason, _ := revocationOf(number).Revokes(); revoked[revokedID(number)] {
			revocations[reason]++
		}
	}
	type key struct {
		part   string
		reason storage.Reason
	}
	count, rows := map[key]int{}, map[string]int64{}
	for _, act := range mustActs(t, s) {
		count[key{act.Part, act.Reason}]++
		rows[act.Part] += act.Rows
		if act.Scrubbed.IsZero() || act.Residual != 0 || act.Actor == "" || act.Rows == 0 || act.From.IsZero() || act.To.Before(act.From) {
			t.Errorf("act %+v", act)
		}
	}
	parts, err := s.Parts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		expired := !part.DropAt.After(noon)
		left := part.Rows
		if expired {
			left = 0
			if part.State != storage.Scrubbed {
				t.Errorf("%s is %s", part.Name, part.State)
			}
			if n := count[key{part.Name, storage.WindowEnded}]; n != 1 {
				t.Errorf("%s: %d acts of its end", part.Name, n)
			}
		}
		if got := d.rows[part.Name] - left; rows[part.Name] != got {
			t.Errorf("%s: the acts tell of %d rows, %d are gone", part.Name, rows[part.Name], got)
		}
		for _, reason := range []storage.Reason{storage.ConsentRevoked, storage.SubjectRequest} {
			if n := count[key{part.Name, reason}]; n > revocations[reason] || !expired && n != revocations[reason] {
				t.Errorf("%s: %d acts of %s, and %d visitors", part.Name, n, reason, revocations[reason])
			}
		}
	}
}

// checkBytes searches the files, and reads what must have stayed.
func (d doomed) checkBytes(t *testing.T, s *Store, revoked map[consent.ID]bool) {
	t.Helper()
	var gone, kept [][]byte
	for _, c := range d.expired {
		for _, visit := range c.visits {
			needles := c.needles[visit.ConsentID]
			if isRevoked, revokes := revoked[visit.ConsentID]; revokes && !isRevoked {
				needles = needles[1:] // the ID is on live days too
			}
			gone = append(gone, needles...)
		}
	}
	for _, c := range d.live {
		stay := c
		stay.visits = nil
		for _, visit := range c.visits {
			if revoked[visit.ConsentID] {
				gone = append(gone, c.needles[visit.ConsentID]...)
			} else {
				kept = append(kept, c.needles[visit.ConsentID]...)
				stay.visits = append(stay.visits, visit)
			}
		}
		mustHold(t, s, slices.Repeat([]crowd{stay}, liveDays)...)
	}
	data := fileBytes(t, s)
	mustLeave(t, data, "destroyed", distinct(gone), false)
	mustLeave(t, data, "kept", distinct(kept), true)
}
