package module

import (
	"maps"
	"os"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// databaseSize returns the bytes of a database and its write-ahead log. It opens
// nothing: closing the file would drop SQLite's locks.
func databaseSize(path string) (size int64) {
	for _, file := range []string{path, path + "-wal"} {
		if info, err := os.Stat(file); err == nil {
			size += info.Size()
		}
	}
	return size
}

// windowLengths returns, by kind, how far back records may be read at present.
func (a *App) windowLengths() map[string]time.Duration {
	lengths := make(map[string]time.Duration)
	now := a.now()
	windows := map[string]policy.Window{storage.VisitsKind: a.window(storage.VisitsKind)}
	maps.Copy(windows, a.Windows)
	for kind, window := range windows {
		lengths[kind] = now.Sub(a.today().AddMonths(-int(window)).Start(a.location))
	}
	return lengths
}
