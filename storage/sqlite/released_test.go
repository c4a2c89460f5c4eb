package sqlite

import (
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// Who is in the databases of earlier schemas.
var (
	releasedID  = consent.ID{0xa1, 0xb2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	withdrawnID = consent.ID{0xc3, 0xd4, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
)

// december is when the rows of later schemas were written: November is sealed then.
var december = noon.AddDate(0, 0, 10)

// steps returns the migrations of this version.
func steps(t testing.TB) []migration {
	t.Helper()
	list, err := migrations(migrationFiles)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// released writes a database as the given schema version left it: what the first
// one had, and what each later one added to it.
func released(t testing.TB, dir string, version int) {
	t.Helper()
	db := raw(t, filepath.Join(dir, databaseName))
	defer db.Close()
	db.SetMaxOpenConns(1)
	script := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	mustExec(t, db, "PRAGMA auto_vacuum = 2")
	mustExec(t, db, "PRAGMA journal_mode = WAL")
	mustExec(t, db, script("testdata/first-schema.sql"))
	for _, step := range steps(t)[1:version] {
		mustExec(t, db, step.script)
		switch step.version {
		case 2:
			mustExec(t, db, "INSERT INTO inventory VALUES ('host', 'page', 'tracker.example', '', 'mamen.ai/', 3, 1, ?, ?)", millis(noon), millis(noon))
		case 3:
			notice := storage.NewDocument(storage.NoticeDocument, "text/html", "kk", []byte("shown"))
			mustExec(t, db, "INSERT INTO documents VALUES (?, 'notice', 'text/html', 'kk', ?, ?)", notice.SHA256, notice.Body, millis(december))
			links := ledgerLinks(t, db, 1, 4)
			mustExec(t, db, "INSERT INTO segments (month, first_seq, last_seq, head, note, sealed_at) VALUES ('2026-11', 1, 4, ?, ?, ?)",
				links[3], signedNote(t, links), millis(december))
			mustExec(t, db, "INSERT INTO copies (path, sha256, bytes, made_at, delete_by) VALUES ('/srv/copy.db', 'ab', 1, ?, ?)", millis(december), millis(december.AddDate(0, 0, 12)))
			insertReleased(t, db, 5, 2, links[3], notice.SHA256)
		case 5:
			mustExec(t, db, `INSERT INTO requests (kind, consent_id, channel, received, due, added_at, actor)
				VALUES ('access', ?, 'letter', '2026-12-01', '2026-12-16', ?, 'operator')`, releasedID.String(), millis(december))
		case 6:
			mustExec(t, db, "INSERT INTO deletions (id, service, reason, queued_at, due_at, next_at) VALUES (1, 'matomo', 'consent_revoked', ?, ?, 0)",
				millis(december), millis(december.AddDate(0, 0, 14)))
			mustExec(t, db, "INSERT INTO deletion_targets VALUES (1, 'matomo', X'30313233')")
		case 7:
			insertReleased(t, db, 6, 3, ledgerLinks(t, db, 5, 5)[0], "")
		}
	}
	mustExec(t, db, fmt.Sprintf("PRAGMA user_version = %d", version))
}

// releasedRows is how many ledger rows released wrote.
func releasedRows(version int) int64 {
	rows := int64(4)
	for _, since := range []int{3, 7} {
		if version >= since {
			rows++
		}
	}
	return rows
}

// signedNote is the checkpoint of November over the hashes of its rows.
func signedNote(t testing.TB, hashes []string) string {
	t.Helper()
	c := storage.Checkpoint{Month: "2026-11", Size: int64(len(hashes)), First: 1, Head: hashes[len(hashes)-1],
		Ends: time.UnixMilli(1811055600000).UTC(), At: december}
	var tree storage.Tree
	for _, hash := range hashes {
		leaf, err := hex.DecodeString(hash)
		if err != nil {
			t.Fatal(err)
		}
		tree.Add(leaf)
	}
	c.Root = tree.Root()
	var o Options
	withKey(1)(&o)
	key, err := o.Key(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	note, err := c.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	return note
}

// insertReleased appends a consent of December in the format of a ledger row.
func insertReleased(t testing.TB, db *sql.DB, seq int64, format int, previous, notice string) {
	t.Helper()
	c := fullConsent()
	c.ConsentID, c.At, c.Seq, c.Format, c.RecordID = releasedID, december, seq, format, fmt.Sprint("row-", seq)
	c.NoticeSHA256, c.EditionSHA256, c.TermsSHA256, c.DNT = notice, "", "", format >= 3
	fields, err := storage.RowFields(c)
	if err != nil {
		t.Fatal(err)
	}
	before, err := hex.DecodeString(previous)
	if err != nil {
		t.Fatal(err)
	}
	hash := storage.HashRow([32]byte(before), fields)
	columns := strings.Split(ledgerColumns, ", ")
	var names []string
	var values []any
	for i, value := range append(fields, previous, hex.EncodeToString(hash[:])) {
		if i == dntField && format < 3 {
			continue // the column came later
		}
		names, values = append(names, columns[i]), append(values, value)
	}
	mustExec(t, db, "INSERT INTO ledger ("+strings.Join(names, ", ")+") VALUES (?"+strings.Repeat(",?", len(names)-1)+")", values...)
}

// ledgerLinks returns the hashes of the rows.
func ledgerLinks(t testing.TB, db *sql.DB, first, last int) (hashes []string) {
	t.Helper()
	for seq := first; seq <= last; seq++ {
		var hash string
		if err := db.QueryRow("SELECT row_hash FROM ledger WHERE seq = ?", seq).Scan(&hash); err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, hash)
	}
	return hashes
}

// schemaOf lists what the database has beside day tables.
func schemaOf(t *testing.T, s *Store) (list []string) {
	t.Helper()
	rows, err := s.readers.Query("SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema WHERE tbl_name NOT IN (SELECT name FROM parts)")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		list = append(list, strings.Join(strings.Fields(text), " "))
	}
	slices.Sort(list)
	return list
}

// dump returns all that is in a database.
func dump(t *testing.T, path string) string {
	t.Helper()
	db := raw(t, path)
	defer db.Close()
	var version int
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintln("schema", version)
	for _, table := range append(column(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"), "sqlite_schema") {
		rows, err := db.Query("SELECT * FROM " + table)
		if err != nil {
			t.Fatal(err)
		}
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			text += fmt.Sprintln(table, values)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return text
}

// column returns a query's only column.
func column(t *testing.T, db *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		list = append(list, value)
	}
	return list
}
