//go:build !windows

package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// The test binary runs itself as the process that is killed.
const (
	roleVariable = "CONSENTGATE_TEST_ROLE"
	dirVariable  = "CONSENTGATE_TEST_DIR"
	lockVariable = "CONSENTGATE_TEST_LOCK"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(dirVariable)
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "consents":
		exitWith(appendForEver(dir))
	case "drop":
		exitWith(dropAndWait(dir))
	case "months":
		exitWith(dropMonths(dir))
	case "destroy":
		exitWith(destroyAll(dir))
	case "withdraw":
		exitWith(withdrawAndWait(dir))
	case "erase":
		exitWith(withdrawAndErase(dir))
	case "lock":
		exitWith(lockAndWait(dir, os.Getenv(lockVariable)))
	case "finish":
		exitWith(finishForEver(dir))
	case "eraseHalf":
		exitWith(eraseHalf(dir))
	case "locks":
		exitWith(printLocks(dir))
	}
}

func exitWith(err error) {
	fmt.Println("error:", err)
	os.Exit(1)
}

var crashID = consent.ID{1, 2, 3}

func openInChild(dir string) (*Store, error) {
	location, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		return nil, err
	}
	o := Options{Dir: dir, Location: location, Clock: func() time.Time { return noon }}
	withKey(1)(&o)
	return Open(context.Background(), o)
}

// appendForEver prints seq and hash of each acknowledged row.
func appendForEver(dir string) error {
	s, err := openInChild(dir)
	if err != nil {
		return err
	}
	person := &storage.Person{IP: netip.MustParseAddr("203.0.113.0")}
	errs := make(chan error)
	for range 8 {
		go func() {
			for {
				row, err := s.AppendConsent(context.Background(), someConsent(crashID), person)
				if err != nil {
					errs <- err
					return
				}
				fmt.Printf("%d %s\n", row.Seq, row.RowHash)
			}
		}()
	}
	return <-errs
}

// dropAndWait drops without scrubbing.
func dropAndWait(dir string) error {
	s, err := openInChild(dir)
	if err != nil {
		return err
	}
	if _, err := s.DropPart(context.Background(), "ip_visits_20261123", storage.WindowEnded, "child"); err != nil {
		return err
	}
	fmt.Println("dropped")
	select {}
}

// startChild runs a child until its first line, and returns what kills it.
func startChild(t *testing.T, role, dir string, settings ...string) (end func()) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), binary)
	child.Env = append(append(os.Environ(), settings...), roleVariable+"="+role, dirVariable+"="+dir)
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(output).ReadString('\n'); err != nil || strings.HasPrefix(line, "error:") {
		t.Fatalf("the child printed %q, %v", line, err)
	}
	return func() {
		child.Process.Kill()
		child.Wait()
	}
}

// killAfter runs a child, reads lines of it and kills it after the given count.
// It returns all that the child printed.
func killAfter(t *testing.T, role, dir string, count int) []string {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), binary)
	child.Env = append(os.Environ(), roleVariable+"="+role, dirVariable+"="+dir)
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for scanner := bufio.NewScanner(output); scanner.Scan(); {
		if strings.HasPrefix(scanner.Text(), "error:") {
			t.Error(scanner.Text())
		}
		lines = append(lines, scanner.Text())
		if len(lines) == count {
			child.Process.Kill() // what is in the pipe by now was acknowledged too
		}
	}
	child.Wait()
	if len(lines) < count {
		t.Fatalf("the child ended after %d of %d lines", len(lines), count)
	}
	return lines
}

func TestAcknowledgedConsentsSurviveKill(t *testing.T) {
	dir := t.TempDir()
	acknowledged := map[int64]string{}
	for _, count := range []int{50, 300} { // the second time onto the first's wreck
		lines := killAfter(t, "consents", dir, count)
		for i, line := range lines {
			seq, hash, _ := strings.Cut(line, " ")
			n, err := strconv.ParseInt(seq, 10, 64)
			if err != nil || (len(hash) != 64 && i < len(lines)-1) { // the kill may cut the last line
				t.Fatalf("child printed %q", line)
			}
			if len(hash) == 64 {
				acknowledged[n] = hash
			}
		}
	}
	s, _ := openAt(t, dir)
	v, err := s.Verify(t.Context())
	if err != nil || !v.OK {
		t.Fatalf("Verify = %+v, %v", v, err)
	}
	held, err := s.Held(t.Context(), crashID)
	if err != nil || len(held.IPs) != len(held.Events) {
		t.Errorf("%d events, %d IPs, %v", len(held.Events), len(held.IPs), err)
	}
	stored := map[int64]string{}
	for _, event := range held.Events {
		stored[event.Seq] = event.RowHash
	}
	for seq, hash := range acknowledged {
		if stored[seq] != hash {
			t.Errorf("acknowledged row %d is lost", seq)
		}
	}
	if len(acknowledged) < 340 {
		t.Errorf("only %d rows were acknowledged", len(acknowledged))
	}
}

func TestScrubFinishesWhatAKilledPurgeLeft(t *testing.T) {
	dir := t.TempDir()
	s, _ := openAt(t, dir)
	doomed := newCrowd(200, varyingRows)
	doomed.record(t, s)
	s.Close()
	killAfter(t, "drop", dir, 1)
	s, _ = openAt(t, dir)
	if v, err := s.Verify(t.Context()); err != nil || v.Residual != 1 {
		t.Errorf("after the kill: %+v, %v; want the canary found", v, err)
	}
	acts, err := s.Acts(t.Context(), 9)
	if err != nil || len(acts) != 1 || !acts[0].Scrubbed.IsZero() || acts[0].Rows != 200 {
		t.Errorf("acts %+v, %v", acts, err)
	}
	scrub(t, s)
	if acts, err = s.Acts(t.Context(), 9); err != nil || acts[0].Scrubbed.IsZero() {
		t.Errorf("acts %+v, %v", acts, err)
	}
	var ips [][]byte
	for _, visit := range doomed.visits {
		ips = append(ips, []byte(visit.Person.IP.String()))
	}
	if n := left(fileBytes(t, s), ips); n != 0 {
		t.Errorf("%d addresses are left", n)
	}
}
