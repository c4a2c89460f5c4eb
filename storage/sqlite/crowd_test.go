package sqlite

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// fileBytes returns the database file and the write-ahead log as they are on
// disk, by the descriptor that doesn't disturb SQLite's locks.
func fileBytes(t *testing.T, s *Store) []byte {
	t.Helper()
	database, err := io.ReadAll(io.NewSectionReader(s.raw, 0, 1<<40))
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(s.logPath())
	if err != nil {
		t.Fatal(err)
	}
	return append(database, log...)
}

// left counts how many of the needles occur, in one pass. A needle has at least
// eight bytes.
func left(haystack []byte, needles [][]byte) int {
	byStart := map[[8]byte][][]byte{}
	for _, needle := range needles {
		byStart[[8]byte(needle)] = append(byStart[[8]byte(needle)], needle)
	}
	found := map[string]bool{}
	for i := range max(0, len(haystack)-7) {
		for _, needle := range byStart[[8]byte(haystack[i:])] {
			if bytes.HasPrefix(haystack[i:], needle) {
				found[string(needle)] = true
			}
		}
	}
	return len(found)
}

// crowd is many visits, and what identifies each visitor in bytes.
type crowd struct {
	visits  []storage.Visit
	needles map[consent.ID][][]byte
}

// newCrowd makes n visits of n visitors. Rows of varying length are the harder
// case: SQLite moves them about more.
func newCrowd(n int, varying bool) crowd {
	c := crowd{needles: map[consent.ID][][]byte{}}
	for i := range n {
		id := consent.NewID()
		path := fmt.Sprintf("/path-%x", id[:8])
		if varying {
			path += strings.Repeat("/x", int(id[0]))
		}
		v := storage.Visit{
			At: noon, ConsentID: id, Host: "mamen.ai", Path: path,
			Person:   storage.Person{IP: netip.AddrFrom16(id), Browser: "Firefox"},
			Services: []storage.VisitService{{Service: "matomo", VisitorID: fmt.Sprintf("vendor-%d-%x", i, id[8:])}},
		}
		c.visits = append(c.visits, v)
		c.needles[id] = [][]byte{
			id[:], []byte(v.Person.IP.String()), []byte(path[:len("/path-")+16]), []byte(v.Services[0].VisitorID),
		}
	}
	return c
}

func (c crowd) all() (needles [][]byte) {
	for _, list := range c.needles {
		needles = append(needles, list...)
	}
	return needles
}

func (c crowd) record(t testing.TB, s *Store) {
	t.Helper()
	for _, visit := range c.visits {
		for !s.AppendVisit(visit) {
			if err := s.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// readDirectory returns every byte in the directory of a closed store.
func readDirectory(t *testing.T, dir string) (data []byte) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		data = append(data, content...)
	}
	return data
}
