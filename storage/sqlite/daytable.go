package sqlite

import (
	"cmp"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// The two tables of a kind and day.
const (
	ipTable     = "ip"
	visitsTable = "visits"
)

// What an IP record is kept for.
const (
	purposeConsent   = "consent"   // proof of a choice (law 94-V, article 8)
	purposeAnalytics = "analytics" // policy 3.1, row 7
)

// dayColumns are the columns of a day table after id. The row with id 0 is the
// canary: see residue.go. It is the only row without a visitor.
var dayColumns = map[string]string{
	ipTable:     "at, consent_id, ip, purpose, service, visitor_id, browser, salt",
	visitsTable: "at, consent_id, host, path, referrer, browser, os, device",
}

var dayTypes = map[string]string{
	ipTable: `id INTEGER PRIMARY KEY, at INTEGER NOT NULL, consent_id BLOB NOT NULL,
		ip TEXT NOT NULL DEFAULT '', purpose TEXT NOT NULL DEFAULT '', service TEXT NOT NULL DEFAULT '',
		visitor_id TEXT NOT NULL DEFAULT '', browser TEXT NOT NULL DEFAULT '', salt BLOB`,
	visitsTable: `id INTEGER PRIMARY KEY, at INTEGER NOT NULL, consent_id BLOB NOT NULL,
		host TEXT NOT NULL DEFAULT '', path TEXT NOT NULL DEFAULT '', referrer TEXT NOT NULL DEFAULT '',
		browser TEXT NOT NULL DEFAULT '', os TEXT NOT NULL DEFAULT '', device TEXT NOT NULL DEFAULT ''`,
}

// addition is what a transaction adds to a part.
type addition struct {
	part              part
	rows, first, last int64
	waiting           []any // values of the rows that aren't written yet
}

// together is how many rows are written by one statement where there are as many: a
// visit's row then takes half of the time.
const together = 8

// AppendVisit queues one page view and its IP records and doesn't wait for
// them. It reports false when the queue is full, when the store is closed, when
// the visit's time isn't the present and when a kind isn't a valid name.
func (s *Store) AppendVisit(v storage.Visit) bool {
	s.guard.RLock()
	defer s.guard.RUnlock()
	if !s.closed && s.checkTime(v.At) == nil && checkKinds(v) == nil {
		select {
		case s.visits <- v:
			signal(s.arrived)
			if len(s.visits) >= maxBatch {
				signal(s.crowded)
			}
			return true
		default:
		}
	}
	s.dropped.Add(1)
	return false
}

// signal tells the writer something, unless it has yet to see an earlier sign of it.
func signal(to chan<- struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

func checkKinds(v storage.Visit) error {
	for _, service := range v.Services {
		if !storage.ValidKind(kindOf(service)) {
			return fmt.Errorf("service %q: %q can't name a kind: use a small letter, then small letters, digits and underscores",
				service.Service, service.Kind)
		}
	}
	return nil
}

// kindOf returns the kind of the service's records.
func kindOf(service storage.VisitService) string {
	return cmp.Or(service.Kind, storage.VisitsKind)
}

// appendVisit writes one visit, unless the consent was revoked or blocked: a page
// may still have been on its way then.
func (w *writer) appendVisit(v storage.Visit) error {
	if stopped, err := w.stopped(v.ConsentID); err != nil || stopped {
		return err
	}
	err := w.add(visitsTable, storage.VisitsKind, v.At, v.ConsentID,
		v.Host, v.Path, v.Referrer, v.Person.Browser, v.OS, v.Device)
	if err != nil {
		return err
	}
	services := v.Services
	if len(services) == 0 {
		services = []storage.VisitService{{}} // the visit was recorded by us alone
	}
	for _, service := range services {
		record := ipRecord{purpose: purposeAnalytics, service: service.Service, visitorID: service.VisitorID}
		if err := w.addIPOnce(kindOf(service), v.At, v.ConsentID, v.Person, record); err != nil {
			return err
		}
	}
	return nil
}

// add writes one row into the day table of its kind and local day, at the latest when the
// transaction ends: nothing in the same transaction may read the table behind it.
func (w *writer) add(table, kind string, at time.Time, id consent.ID, values ...any) error {
	p, err := w.part(table, kind, policy.DayOf(at, w.store.location))
	if err != nil {
		return err
	}
	ms := millis(at)
	a := w.additions[p.name]
	if a == nil {
		a = &addition{part: p, first: ms, last: ms}
		w.additions[p.name] = a
	}
	a.rows, a.first, a.last = a.rows+1, min(a.first, ms), max(a.last, ms)
	a.waiting = append(append(a.waiting, ms, id[:]), values...)
	if a.rows%together > 0 {
		return nil
	}
	err = w.exec(p.insertTogether, a.waiting...)
	a.waiting = a.waiting[:0]
	return p.explain(err)
}

// writeAdditions writes the rows that wait, and brings the registry up to date with the
// transaction.
func (w *writer) writeAdditions() error {
	for _, a := range w.additions {
		for row := range slices.Chunk(a.waiting, a.part.columns) {
			if err := w.exec(a.part.insert, row...); err != nil {
				return a.part.explain(err)
			}
		}
		err := w.exec(`UPDATE parts SET last_at = iif(rows = 0, ?2, max(last_at, ?2)),
			first_at = iif(rows = 0, ?1, min(first_at, ?1)), rows = rows + ?3 WHERE name = ?4`,
			a.first, a.last, a.rows, a.part.name)
		if err != nil {
			return fmt.Errorf("registry of day table %s: %w", a.part.name, err)
		}
	}
	return nil
}

// partName returns the name of a day table, for example ip_visits_20261123.
func partName(table, kind string, day policy.Day) string {
	return fmt.Sprintf("%s_%s_%04d%02d%02d", table, kind, day.Year, day.Month, day.Day)
}

// partKey is what a day table is known by.
type partKey struct {
	table, kind string
	day         policy.Day
}

// part is a day table that rows may be written into.
type part struct {
	name           string
	columns        int
	insert         string // one row
	insertTogether string
}

func newPart(name, table string) part {
	columns := dayColumns[table]
	n := 1 + strings.Count(columns, ",")
	row := "(?" + strings.Repeat(",?", n-1) + ")"
	insert := fmt.Sprintf("INSERT INTO %q (%s) VALUES %s", name, columns, row)
	return part{name, n, insert, insert + strings.Repeat(","+row, together-1)}
}

// explain says of a failure that it is the day table's.
func (p part) explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("day table %s: %w", p.name, err)
}

// part returns a day table and makes it when it is absent. An existing one may get an
// earlier day of destruction, when the configuration has a shorter window or another
// zone by now, and never a later one.
func (w *writer) part(table, kind string, day policy.Day) (part, error) {
	key := partKey{table, kind, day}
	if p, ok := w.ready[key]; ok {
		return p, nil
	}
	name := partName(table, kind, day)
	window := w.store.window(kind)
	if !window.Valid() {
		window = policy.Months14
	}
	dropAt := millis(window.DropAt(day, w.store.location))
	var live bool
	err := w.queryRow("SELECT state = 'live' FROM parts WHERE name = ?", []any{name}, &live)
	switch {
	case err == nil && live:
		err = w.exec("UPDATE parts SET drop_at = min(drop_at, ?) WHERE name = ?", dropAt, name)
	case err == nil || errors.Is(err, sql.ErrNoRows):
		err = w.createPart(name, table, kind, day, dropAt)
	}
	if err != nil {
		return part{}, fmt.Errorf("day table %s: %w", name, err)
	}
	w.ready[key] = newPart(name, table)
	return w.ready[key], nil
}

// createPart makes a day table and registers it. The name may have been used by
// a table that was destroyed on the same day.
func (w *writer) createPart(name, table, kind string, day policy.Day, dropAt int64) error {
	canary, err := w.createTable(name, table)
	if err != nil {
		return err
	}
	return w.exec(`INSERT OR REPLACE INTO parts (name, kind, tbl, day, drop_at, state, canary) VALUES (?,?,?,?,?,'live',?)`,
		name, kind, table, day.String(), dropAt, hex.EncodeToString(canary))
}

// createTable makes a day table with its index and canary, and returns the
// canary. consent_id alone is indexed: an index copies what it indexes.
func (w *writer) createTable(name, table string) (canary []byte, err error) {
	canary = newCanary()
	return canary, w.execAll(
		statement{text: fmt.Sprintf("CREATE TABLE %q (%s) STRICT", name, dayTypes[table])},
		statement{text: fmt.Sprintf("CREATE INDEX %q ON %q (consent_id)", indexName(name), name)},
		statement{fmt.Sprintf("INSERT INTO %q (id, at, consent_id) VALUES (0, 0, ?)", name), []any{canary}},
	)
}

func indexName(part string) string { return part + "_consent_id" }

func newCanary() []byte {
	canary := make([]byte, canarySize)
	copy(canary, canaryMark)
	rand.Read(canary[len(canaryMark):]) // never fails: crypto/rand aborts the program instead
	return canary
}
