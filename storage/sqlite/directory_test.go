//go:build !windows

package sqlite

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDirectoryIsTakenFromOtherUsersUnlessTheyUseIt(t *testing.T) {
	const refused = fs.FileMode(0)
	for name, test := range map[string]struct {
		mode   fs.FileMode
		inside map[string]fs.FileMode
		want   fs.FileMode
		warns  bool
	}{
		"its own":                  {0o700, nil, 0o700, false},
		"narrower":                 {0o700, map[string]fs.FileMode{"site.html": 0o644}, 0o700, false},
		"readable":                 {0o755, nil, 0o700, true},
		"searchable":               {0o710, nil, 0o700, true},
		"writable":                 {0o777, nil, 0o700, true},
		"with an old database":     {0o755, map[string]fs.FileMode{databaseName: 0o644}, 0o700, true},
		"with somebody's own file": {0o755, map[string]fs.FileMode{"caddy": 0o600}, 0o700, true},
		"with a file of the site":  {0o755, map[string]fs.FileMode{"index.html": 0o644}, refused, false},
		"sticky, as /tmp is":       {0o777 | fs.ModeSticky, nil, refused, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			for file, mode := range test.inside {
				if err := os.WriteFile(filepath.Join(dir, file), nil, mode); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(dir, test.mode); err != nil {
				t.Fatal(err)
			}
			var log strings.Builder
			s, err := Open(t.Context(), Options{Dir: dir, Location: time.UTC, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if test.want == refused {
				if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "chmod 0700") {
					t.Errorf("Open: %v", err)
				}
				test.want = test.mode
			} else if err != nil {
				t.Fatal(err)
			} else {
				defer s.Close()
			}
			if info, err := os.Stat(dir); err != nil || info.Mode() != fs.ModeDir|test.want {
				t.Errorf("mode %v, %v; want %v", info.Mode(), err, test.want)
			}
			if warned := strings.Contains(log.String(), "open to other users"); warned != test.warns {
				t.Errorf("log:\n%s", log.String())
			}
		})
	}
}
