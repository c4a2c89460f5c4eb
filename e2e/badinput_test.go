package e2e

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mamen-ai/consentgate/e2e/build"
)

// mistake is something that an operator does wrong.
type mistake struct {
	name   string
	config string      // "" for the usual one
	args   []string    // %s is the path of the configuration, %a the admin API's address
	nobody bool        // the program runs as a user who isn't root
	file   os.FileMode // of the configuration, 0644 if 0
	code   int
	want   []string // in what it prints
}

const usualConfig = `{
	admin 127.0.0.1:%[1]d
	persist_config off
	storage file_system %[3]s/caddy
	consent {
		storage sqlite %[3]s/data
	}
}
http://127.0.0.1:%[2]d {
	bind 127.0.0.1
	consent_gate
	respond "x"
}
`

// TestMistakesAreToldWithTheirRemedy pins what each mistake is answered with: a
// sentence that says what to do, an exit code, and nothing left behind.
func TestMistakesAreToldWithTheirRemedy(t *testing.T) {
	build.Watch(t)
	ports := freePorts(t, 2)
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	taken := busy.Addr().(*net.TCPAddr).Port
	admin := fmt.Sprintf("127.0.0.1:%d", ports[0])
	with := func(old, new string) string { return strings.Replace(usualConfig, old, new, 1) }
	for _, m := range []mistake{
		{name: "unknown command", args: []string{"rnu"}, code: 1, want: []string{"unknown command", "Did you mean this?", "run"}},
		{name: "unknown command about consent", args: []string{"consent", "statsu"}, code: 2, want: []string{`consent has no command`, "did you mean status?"}},
		{name: "unknown flag", args: []string{"consent", "status", "--jsno"}, code: 2, want: []string{"unknown flag: --jsno"}},
		{name: "no such file", args: []string{"run", "--config", "nothing-here"}, code: 1, want: []string{"there is no file nothing-here: name the Caddyfile by --config"}},
		{name: "not named Caddyfile", args: []string{"run", "--config", "site.conf"}, code: 1, want: []string{"add --adapter caddyfile"}},
		{name: "misspelt option", config: with("consent_gate", "consent_gate {\nunknow block\n}"), args: []string{"run", "--config", "%s"}, code: 1,
			want: []string{"consent_gate has no option 'unknow': use one of", "Caddyfile:12"}},
		{name: "misspelt option, validated", config: with("storage sqlite", "storage sqlight"), args: []string{"validate", "--config", "%s"}, code: 1,
			want: []string{"sqlight", "sqlite", "Caddyfile:6"}},
		{name: "no server to reload", args: []string{"reload", "--config", "%s"}, code: 1, want: []string{"no server answers at " + admin + `: start one with "consentgate run"`}},
		{name: "no server to stop", args: []string{"stop", "--address", "%a"}, code: 1, want: []string{"no server answers at " + admin}},
		{name: "no server to ask", args: []string{"consent", "status", "--address", "%a"}, code: 1, want: []string{"no server answers at " + admin}},
		{name: "no server that is ready", args: []string{"consent", "ready", "--address", "%a"}, code: 1, want: []string{"no server answers at " + admin}},
		{name: "port in use", config: with("%[2]d", fmt.Sprint(taken)), args: []string{"run", "--config", "%s"}, code: 1,
			want: []string{fmt.Sprintf("another program listens on 127.0.0.1:%d: end it", taken), "take another port"}},
		{name: "admin API in use", config: with("%[1]d", fmt.Sprint(taken)), args: []string{"run", "--config", "%s"}, code: 1,
			want: []string{fmt.Sprintf("127.0.0.1:%d is the admin API of a server that runs already", taken)}},
		{name: "store below a file", config: with("sqlite %[3]s/data", "sqlite %[3]s/Caddyfile/data"), args: []string{"run", "--config", "%s"}, code: 1,
			want: []string{"not a directory"}},
		{name: "file that can't be read", nobody: true, file: 0o200, args: []string{"run", "--config", "%s"}, code: 1, want: []string{"let the user that runs consentgate read "}},
		{name: "directory that can't be written", nobody: true, args: []string{"run", "--config", "%s"}, code: 1,
			want: []string{"permission denied: let the user that runs consentgate write to the file and its directory"}},
	} {
		t.Run(m.name, func(t *testing.T) { m.check(t, ports, admin) })
	}
}

func (m mistake) check(t *testing.T, ports []int, admin string) {
	dir, err := os.MkdirTemp("", "mistake") // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	config := m.config
	if config == "" {
		config = usualConfig
	}
	path := filepath.Join(dir, "Caddyfile")
	text := strings.NewReplacer("%[1]d", fmt.Sprint(ports[0]), "%[2]d", fmt.Sprint(ports[1]), "%[3]s", dir).Replace(config)
	for _, name := range []string{"Caddyfile", "site.conf"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), cmp.Or(m.file, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	executable := filepath.Join(dir, "consentgate")
	if err := os.Link(program, executable); err != nil {
		t.Fatal(err)
	}
	mode := os.FileMode(0o755)
	if m.nobody {
		mode = 0o555
	}
	if err := os.Chmod(dir, mode); err != nil {
		t.Fatal(err)
	}
	args := make([]string, len(m.args))
	for i, arg := range m.args {
		args[i] = strings.NewReplacer("%s", path, "%a", admin).Replace(arg)
	}
	command := exec.CommandContext(t.Context(), executable, args...)
	command.Dir, command.Env = dir, append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	if m.nobody && os.Getuid() == 0 { // who isn't root has no other user to become
		const nobody = 65534
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	output, err := command.CombinedOutput()
	if code := command.ProcessState.ExitCode(); code != m.code {
		t.Errorf("exit code %d, want %d (%v)", code, m.code, err)
	}
	for _, word := range m.want {
		if !strings.Contains(string(output), word) {
			t.Errorf("%q isn't in what it printed:\n%s", word, output)
		}
	}
	for _, name := range []string{"data", "caddy/consent"} { // the store, and its keys in Caddy's storage
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is left behind", name)
		}
	}
}
