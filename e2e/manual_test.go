package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// elsewhere are the commands of the documentation that TestManualRunsAsItIsWritten
// doesn't run, and what holds them instead.
var elsewhere = []struct{ command, holds string }{
	{"go build ", "TestMain"},
	{"consentgate run ", "newServer, TestQuickStartIsRight"},
	{"xcaddy build ", "deploy/xcaddy_test.go"},
	{"cd dist && sha256sum ", "deploy/release/release_test.go"},
	{"go test ", "bench, which takes long"},
	{"docker ", "deploy/docker_test.go, as far as it goes without Docker"},
	{"systemctl ", "deploy/systemd_test.go, as far as it goes without systemd as the first process"},
	{"systemd-sysusers", "deploy/systemd_test.go"},
}

// manual runs what the documentation says, on a server that has a consent, a copy and
// two requests, of which the second is late.
type manual struct {
	*server
	root    string // of what would lie outside of the server's directory
	bin     string
	replace *strings.Replacer
}

func newManual(t *testing.T) *manual {
	m := &manual{server: startServer(t)}
	m.untilPurged()
	m.root, m.bin = filepath.Join(m.dir, "root"), filepath.Join(m.dir, "bin")
	for _, dir := range []string{"bin", "root/srv/backup", "root/srv/evidence", "root/etc/bash_completion.d", "root/etc/systemd/system", "root/usr/local/bin"} {
		if err := os.MkdirAll(filepath.Join(m.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// The admin API of the documentation's servers is where it is without an option.
	script := fmt.Sprintf("#!/bin/sh\nif [ \"$1\" = consent ]; then set -- \"$@\" --address %s; fi\nexec %s \"$@\"\n", m.adminAddress(), program)
	if err := os.WriteFile(filepath.Join(m.bin, "consentgate"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	repository, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"consentgate": filepath.Join(m.bin, "consentgate"), "deploy": filepath.Join(repository, "deploy")} {
		if err := os.Symlink(target, filepath.Join(m.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	v := newVisitor(t)
	v.choose(m.server, "accept")
	id := consentID(t, v.get(m.url("/.privacy/data")))
	m.replace = strings.NewReplacer("sudo ", "", " -g consentgate", "",
		" make ", " make -C "+repository+" -n ", "localhost:2019", m.adminAddress(),
		" --config /etc/consentgate/Caddyfile", " --config "+m.configPath(),
		" /etc/", " "+m.root+"/etc/", " /srv/", " "+m.root+"/srv/", " /usr/local/", " "+m.root+"/usr/local/",
		"0123456789abcdef0123456789abcdef", id, "5f0c…", id)
	m.run(t, "consentgate consent backup before.db", 0)
	for _, received := range []time.Time{today(t), today(t).AddDate(0, -1, 0)} {
		m.run(t, "consentgate consent request add --kind access --by mail --received "+received.Format(time.DateOnly)+" --id "+id, 0)
	}
	return m
}

// shell prepares a line as it would be typed.
func (m *manual) shell(line string) *exec.Cmd {
	line = strings.TrimSpace(m.replace.Replace(" " + line + "\n"))
	command := exec.Command("bash", "-eu", "-o", "pipefail", "-c", line)
	command.Dir = m.dir
	command.Env = append(m.environment(), "PATH="+m.bin+":"+os.Getenv("PATH"))
	return command
}

func (m *manual) run(t *testing.T, line string, codes ...int) {
	t.Helper()
	command := m.shell(line)
	output, err := command.CombinedOutput()
	if code := command.ProcessState.ExitCode(); !slices.Contains(codes, code) {
		t.Errorf("%q: code %d, %v\n%s", line, code, err, output)
	}
}

// runUntilInterrupted is run for a command that serves a page.
func (m *manual) runUntilInterrupted(t *testing.T, line string) {
	t.Helper()
	command := m.shell("exec " + line + " --listen 127.0.0.1:0")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	said, _ := bufio.NewReader(out).ReadString('\n')
	address, _, _ := strings.Cut(said, " ")
	response, err := http.Get(address)
	if err != nil {
		t.Errorf("%q says %q: %v", line, said, err)
	} else if response.Body.Close(); response.StatusCode != http.StatusOK {
		t.Errorf("%q shows %s", line, response.Status)
	}
	command.Process.Signal(os.Interrupt)
	if err := command.Wait(); err != nil {
		t.Errorf("%q: %v", line, err)
	}
}

var (
	shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")
	judging    = regexp.MustCompile(`^consentgate consent (status|report|request list)\b`)
)

// TestManualRunsAsItIsWritten runs the shell of every page, line by line, in order.
func TestManualRunsAsItIsWritten(t *testing.T) {
	var pages []string
	for _, pattern := range []string{"../README.md", "../docs/*.md", "../docs/runbooks/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	m, held, lines := newManual(t), map[string]bool{}, 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(page), func(t *testing.T) {
			for _, block := range shellBlock.FindAllStringSubmatch(string(text), -1) {
				for line := range strings.Lines(block[1]) {
					line, _, _ = strings.Cut(line, "  #")
					line = strings.TrimSpace(line)
					plain := regexp.MustCompile(`^(\w+=\S+ )*(sudo )?(\./)?`).ReplaceAllString(line, "")
					i := slices.IndexFunc(elsewhere, func(e struct{ command, holds string }) bool { return strings.HasPrefix(plain, e.command) })
					switch {
					case i >= 0:
						held[elsewhere[i].command] = true
					case strings.HasPrefix(plain, "consentgate consent page") && !strings.Contains(plain, "--html"):
						m.runUntilInterrupted(t, plain)
					case judging.MatchString(plain):
						m.run(t, line, 0, 2) // 2 names the promise that isn't kept
					default:
						m.run(t, line, 0)
					}
					lines++
				}
			}
		})
	}
	if lines < 70 {
		t.Errorf("only %d lines were found", lines)
	}
	for _, e := range elsewhere {
		if !held[e.command] {
			t.Errorf("no page says %q any more, which %s holds", e.command, e.holds)
		}
	}
}
