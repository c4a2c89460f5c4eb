package sqlite

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// fileBytes returns the database file, the write-ahead log and its index as they
// are on disk, the first by the descriptor that doesn't disturb SQLite's locks.
func fileBytes(t *testing.T, s *Store) []byte {
	t.Helper()
	data, err := io.ReadAll(io.NewSectionReader(s.raw, 0, 1<<40))
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(s.logPath())
	if err != nil {
		t.Fatal(err)
	}
	// By another process: SQLite's locks on the index would go with a descriptor of
	// this one.
	index, err := exec.CommandContext(t.Context(), "cat", s.path+"-shm").Output()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(data, log, index)
}

// left counts how many of the needles occur, in one pass. A needle has at least
// eight bytes.
func left(haystack []byte, needles [][]byte) int {
	byStart := map[[8]byte][][]byte{}
	var possible [1 << 16]bool // by the first two bytes: a look into the map at each byte is slow
	for _, needle := range needles {
		possible[binary.BigEndian.Uint16(needle)] = true
		byStart[[8]byte(needle)] = append(byStart[[8]byte(needle)], needle)
	}
	found := map[string]bool{}
	for i := range max(0, len(haystack)-7) {
		if !possible[uint16(haystack[i])<<8|uint16(haystack[i+1])] {
			continue
		}
		for _, needle := range byStart[[8]byte(haystack[i:])] {
			if bytes.HasPrefix(haystack[i:], needle) {
				found[string(needle)] = true
			}
		}
	}
	return len(found)
}

// crowd is many visits, and what identifies each visitor in bytes: the ID as it
// stands in day tables, where it has 16 bytes (the ledger has it in hexadecimal,
// as evidence, until its own term ends), address, the vendor's ID, host and
// referring host, beginning and end of the path, and the salt of the commitment.
type crowd struct {
	visits  []storage.Visit
	needles map[consent.ID][][]byte
}

// rowShape is how long the rows of a crowd's visits are.
type rowShape int

const (
	fixedRows       rowShape = iota
	varyingRows              // the harder case: SQLite moves them about more
	overflowingRows          // longer than a page, whose rest lies on pages of its own
)

// newCrowd makes n visits of n visitors.
func newCrowd(n int, shape rowShape) crowd {
	ids := make([]consent.ID, n)
	for i := range ids {
		ids[i] = consent.NewID()
	}
	return newCrowdOf(ids, shape, noon)
}

// newCrowdOf makes a visit of each visitor. Nothing but the ID is the same in
// two crowds of the same visitors.
func newCrowdOf(ids []consent.ID, shape rowShape, at time.Time) crowd {
	c := crowd{needles: map[consent.ID][][]byte{}}
	for _, id := range ids {
		other := consent.NewID()
		path, filling := fmt.Sprintf("/path-%x", other[:8]), 0
		switch shape {
		case varyingRows:
			filling = int(other[0])
		case overflowingRows:
			filling = 2000 + 8*int(other[0])
		}
		path += strings.Repeat("/x", filling) + fmt.Sprintf("/end-%x", other[:8])
		v := storage.Visit{
			At: at, ConsentID: id, Path: path,
			Host: fmt.Sprintf("host-%x.example", other[8:]), Referrer: fmt.Sprintf("referrer-%x.example", other[8:]),
			Person:   storage.Person{IP: netip.AddrFrom16(other), Browser: "Firefox"},
			Services: []storage.VisitService{{Service: "matomo", VisitorID: fmt.Sprintf("vendor-%x", other[8:])}},
		}
		c.visits = append(c.visits, v)
		c.needles[id] = [][]byte{
			id[:], []byte(v.Person.IP.String()), []byte(v.Services[0].VisitorID), []byte(v.Host), []byte(v.Referrer),
			[]byte(path[:len("/path-")+16]), []byte(path[len(path)-len("/end-")-16:]),
		}
	}
	return c
}

// give writes a consent of each visitor with the person, all in one transaction,
// and notes the salts.
func (c crowd) give(t testing.TB, s *Store) {
	t.Helper()
	err := s.alone(t.Context(), func(w *writer) error {
		return w.transact(func() error {
			for i, visit := range c.visits {
				row := someConsent(visit.ConsentID)
				row.At = visit.At
				if err := w.appendConsent(&consentJob{ctx: t.Context(), row: row, person: &c.visits[i].Person}); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	part := partName(ipTable, storage.VisitsKind, policy.DayOf(c.visits[0].At, s.location))
	rows, err := s.readers.Query(fmt.Sprintf("SELECT consent_id, salt FROM %q WHERE salt IS NOT NULL AND at = ?", part), millis(c.visits[0].At))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, salt []byte
		if err := rows.Scan(&id, &salt); err != nil {
			t.Fatal(err)
		}
		if needles, ours := c.needles[consent.ID(id)]; ours {
			c.needles[consent.ID(id)] = append(needles, salt)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func (c crowd) all() (needles [][]byte) {
	for _, list := range c.needles {
		needles = append(needles, list...)
	}
	return needles
}

func (c crowd) ids() (ids []consent.ID) {
	for _, visit := range c.visits {
		ids = append(ids, visit.ConsentID)
	}
	return ids
}

// distinct returns the needles without those that occur twice.
func distinct(needles [][]byte) (once [][]byte) {
	seen := map[string]bool{}
	for _, needle := range needles {
		if !seen[string(needle)] {
			seen[string(needle)] = true
			once = append(once, needle)
		}
	}
	return once
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
