package bench

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// nginx is what an operator may use instead: a plain proxy, and one that puts as many
// bytes into the page as the edge does and takes a tracker's address out, by
// sub_filter.
type nginx struct {
	plain, filtered string
	pid             int // of its one worker
}

// inserted returns lines that set variables which together are about as long as guard
// and banner, and compress about as well, and the variables: nginx takes parameters of
// less than 4 KB.
func inserted(size int) (lines, variables string) {
	const letters = "etaoinshrdlucmfwypvbgkjqxzetaoinshrdlu .,()=+:"
	random := rand.New(rand.NewPCG(1, 2))
	part := make([]byte, 3<<10)
	for number := range size / len(part) {
		for i := range part {
			part[i] = letters[min(random.IntN(len(letters)), random.IntN(len(letters)))]
		}
		lines += fmt.Sprintf("set $part%d '%s';\n", number, part)
		variables += fmt.Sprintf("$part%d", number)
	}
	return lines, variables
}

func startNginx(b *testing.B, origin string) *nginx {
	b.Helper()
	binary, err := exec.LookPath("nginx")
	if err != nil {
		// Debian installs it where only the PATH of root leads.
		if binary, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			b.Fatal("nginx isn't installed: make bench installs it")
		}
	}
	plain, filtered := freeAddress(b), freeAddress(b)
	dir := b.TempDir()
	config := filepath.Join(dir, "nginx.conf")
	lines, variables := inserted(27 << 10)
	// With "master_process off" the one process would be no worker: it is started as
	// everyone runs it.
	text := fmt.Sprintf(`daemon off;
worker_processes 1;
pid %[1]s/pid;
error_log %[1]s/error.log;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	gzip on;
	gzip_comp_level 5;
	gzip_proxied any;
	upstream origin { server %[4]s; keepalive 4; }
	proxy_http_version 1.1;
	proxy_set_header Connection "";
	proxy_set_header Accept-Encoding "";
	server { listen %[2]s; location / { proxy_pass http://origin; } }
	server {
		listen %[3]s;
		location / {
			proxy_pass http://origin;
			%[5]s
			sub_filter '<head>' '<head><script>/*%[6]s*/</script>';
			sub_filter 'https://www.googletagmanager.com' 'about:blank';
			sub_filter 'https://mc.yandex.ru' 'about:blank';
			sub_filter_once off;
		}
	}
}
`, dir, plain, filtered, strings.TrimPrefix(origin, "http://"), lines, variables)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	server := exec.Command(binary, "-p", dir, "-c", config, "-e", filepath.Join(dir, "error.log"))
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		server.Process.Signal(os.Interrupt)
		server.Wait()
	})
	return &nginx{"http://" + plain, "http://" + filtered, worker(b, server.Process.Pid)}
}

// worker returns the one child of a master process.
func worker(b *testing.B, master int) int {
	b.Helper()
	children := fmt.Sprintf("/proc/%d/task/%[1]d/children", master)
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		raw, err := os.ReadFile(children)
		if err != nil {
			b.Fatal(err)
		}
		if fields := strings.Fields(string(raw)); len(fields) == 1 {
			pid, err := strconv.Atoi(fields[0])
			if err != nil {
				b.Fatal(err)
			}
			return pid
		}
	}
	b.Fatal("nginx has no worker")
	return 0
}
