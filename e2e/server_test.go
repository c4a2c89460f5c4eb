package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/e2e/build"
)

// patience bounds every wait for something that is sure to come.
const patience = 15 * time.Second

// server is the example configuration with ports and a directory of its own.
type server struct {
	t      *testing.T
	dir    string
	edge   int
	origin int
	admin  int
	env    []string // settings of the example, such as UNKNOWN=block

	process *exec.Cmd
	exited  chan struct{}
}

// domain is a site's domain that the example's edge is made to serve too, so
// that the choice is shared with sub-domains as on a real site.
const domain = "demo.test"

// newServer writes the configuration of a server without starting it. Settings
// are those of the example's environment.
func newServer(t *testing.T, settings ...string) *server {
	t.Helper()
	build.Watch(t)
	example, err := os.ReadFile("../Caddyfile.example")
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t, 3)
	s := &server{t: t, dir: t.TempDir(), edge: ports[0], origin: ports[1], admin: ports[2], env: settings}
	changes := []string{
		"http://*.localhost:8080", fmt.Sprintf("http://*.localhost:%d, http://%s:%[1]d, http://*.%[2]s:%[1]d", s.edge, domain),
		":8080", fmt.Sprint(":", s.edge),
		":8081", fmt.Sprint(":", s.origin),
		"localhost:2019", s.adminAddress(),
	}
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(string(example), changes[i]) {
			t.Fatalf("the example configuration has no %q any more", changes[i])
		}
	}
	// All at once: a port that was put in may begin as another that is to go.
	s.writeConfig(strings.NewReplacer(changes...).Replace(string(example)))
	if err := os.Symlink(filepath.Join(root, "examples"), filepath.Join(s.dir, "examples")); err != nil {
		t.Fatal(err)
	}
	return s
}

// startServer starts the example and stops it when the test ends.
func startServer(t *testing.T, settings ...string) *server {
	t.Helper()
	s := newServer(t, settings...)
	s.start()
	return s
}

// behindProxy has the server take the word of what is before it for who a client is.
func (s *server) behindProxy() {
	s.t.Helper()
	s.changeConfig("\n\tpersist_config off", "\n\tpersist_config off\n\tservers {\n\t\ttrusted_proxies static private_ranges\n\t}")
}

// changeConfig puts one text for another in the configuration.
func (s *server) changeConfig(before, after string) {
	s.t.Helper()
	config, err := os.ReadFile(s.configPath())
	if err != nil {
		s.t.Fatal(err)
	}
	if !strings.Contains(string(config), before) {
		s.t.Fatalf("the example configuration has no %q any more", before)
	}
	s.writeConfig(strings.Replace(string(config), before, after, 1))
}

// freePorts returns ports on which nothing listens, below the range from which
// systems take the ports of outgoing connections (RFC 6335 §6: 49152 up; Linux:
// 32768 up). A port of that range may be taken again before the server binds it.
func freePorts(t *testing.T, count int) []int {
	t.Helper()
	const lowest, beyond = 10_000, 32_000
	var ports []int
	for range 1000 {
		listener, err := net.Listen("tcp", fmt.Sprint(":", lowest+rand.IntN(beyond-lowest)))
		if err != nil {
			continue
		}
		defer listener.Close()
		if ports = append(ports, listener.Addr().(*net.TCPAddr).Port); len(ports) == count {
			return ports
		}
	}
	t.Fatal("no free ports")
	return nil
}

func (s *server) configPath() string   { return filepath.Join(s.dir, "Caddyfile") }
func (s *server) dataPath() string     { return filepath.Join(s.dir, "data") }
func (s *server) logPath() string      { return filepath.Join(s.dir, "log") }
func (s *server) adminAddress() string { return fmt.Sprint("localhost:", s.admin) }

// home is the account's home directory as the server sees it.
func (s *server) home() string { return filepath.Join(s.dir, "home") }

func (s *server) environment() []string {
	own := []string{"HOME=" + s.home(), "XDG_CONFIG_HOME=", "XDG_DATA_HOME="}
	return slices.Concat(os.Environ(), own, s.env)
}

func (s *server) writeConfig(text string) {
	s.t.Helper()
	if err := os.WriteFile(s.configPath(), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// url returns an address of the edge.
func (s *server) url(path string) string { return s.on("localhost", path) }

// on returns an address of the edge under another host name.
func (s *server) on(host, path string) string {
	return fmt.Sprintf("http://%s:%d%s", host, s.edge, path)
}

// originURL returns an address of the demo site without the edge before it.
func (s *server) originURL(path string) string {
	return fmt.Sprintf("http://127.0.0.1:%d%s", s.origin, path)
}

// start runs the server and waits until it answers.
func (s *server) start() {
	s.t.Helper()
	log, err := os.OpenFile(s.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close() // the process has its own descriptor
	s.process = exec.Command(program, "run", "--config", s.configPath())
	s.process.Dir, s.process.Stdout, s.process.Stderr = s.dir, log, log
	s.process.Env = s.environment()
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.exited = make(chan struct{})
	go func(process *exec.Cmd, exited chan struct{}) {
		process.Wait() // its result is read from ProcessState
		close(exited)
	}(s.process, s.exited)
	s.t.Cleanup(s.stop)
	eventually(s.t, "the server answers", func() error {
		select {
		case <-s.exited:
			s.t.Fatalf("the server ended: %s\n%s", s.process.ProcessState, s.logTail())
		default:
		}
		response, err := http.Get(s.url("/.privacy/state"))
		if err != nil {
			return err
		}
		response.Body.Close()
		return nil
	})
}

// stop ends the server as an operator does, and judges how it went.
func (s *server) stop() {
	s.t.Helper()
	if s.process == nil {
		return
	}
	s.signal(syscall.SIGTERM)
	if code := s.process.ProcessState.ExitCode(); code != 0 {
		s.t.Errorf("the server ended with code %d after SIGTERM", code)
	}
	s.process = nil
	s.judgeLog()
}

// kill ends the server without warning.
func (s *server) kill() {
	s.t.Helper()
	s.signal(syscall.SIGKILL)
	s.process = nil
	s.judgeLog()
}

func (s *server) signal(signal os.Signal) {
	s.t.Helper()
	if err := s.process.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Fatal(err)
	}
	select {
	case <-s.exited:
	case <-time.After(patience):
		s.process.Process.Kill()
		s.t.Fatalf("the server doesn't end after %s\n%s", signal, s.logTail())
	}
}

func (s *server) judgeLog() {
	s.t.Helper()
	log, err := os.ReadFile(s.logPath())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, bad := range []string{"DATA RACE", "panic"} {
		if at := bytes.Index(log, []byte(bad)); at >= 0 {
			s.t.Errorf("the server's log tells of a %s:\n%s", bad, log[at:min(len(log), at+4000)])
		}
	}
	if s.t.Failed() {
		s.t.Logf("the server's log ends:\n%s", s.logTail())
	}
}

// logTail is the end of the log without what is merely informative.
func (s *server) logTail() string {
	log, err := os.ReadFile(s.logPath())
	if err != nil {
		return err.Error()
	}
	lines := slices.DeleteFunc(strings.Split(string(log), "\n"), func(line string) bool { return strings.Contains(line, `"level":"info"`) })
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}

// command runs a command of the program against the server.
func (s *server) command(args ...string) (output string, code int) {
	s.t.Helper()
	command := exec.Command(program, args...)
	command.Dir, command.Env = s.dir, s.environment()
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	code = command.ProcessState.ExitCode()
	if code != 0 {
		s.t.Logf("%s: code %d\n%s", strings.Join(args, " "), code, stderr.String())
	}
	return stdout.String(), code
}

// consent runs a command about consent and decodes its JSON. Any code but 0
// fails the test.
func (s *server) consent(v any, args ...string) {
	s.t.Helper()
	if args[0] == "status" {
		s.untilPurged()
	}
	args = append(append([]string{"consent"}, args...), "--json", "--address", s.adminAddress())
	output, code := s.command(args...)
	if code != 0 {
		s.t.Fatalf("%s: code %d: %s", strings.Join(args, " "), code, output)
	}
	if err := json.Unmarshal([]byte(output), v); err != nil {
		s.t.Fatalf("%s: %v in %s", strings.Join(args, " "), err, output)
	}
}

// untilPurged waits until what the example has past its window is destroyed: until
// then its status is a broken promise.
func (s *server) untilPurged() {
	s.t.Helper()
	eventually(s.t, "the deletion of the start has run", func() error {
		if strings.Contains(s.metrics(), "\nconsentgate_purge_last_success_timestamp_seconds 0\n") {
			return errors.New("it has not")
		}
		return nil
	})
}

// metrics returns the text of /metrics.
func (s *server) metrics() string {
	s.t.Helper()
	response, err := http.Get("http://" + s.adminAddress() + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// eventually waits until the check succeeds and fails the test when patience
// ends first.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %s until %s: %v", patience, what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
