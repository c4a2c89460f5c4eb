package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one step of the schema: NNNN_name.sql leads to version NNNN.
type migration struct {
	version int
	name    string
	script  string
}

// migrations returns the steps in their order.
func migrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql") // sorted by name
	if err != nil {
		return nil, err
	}
	var list []migration
	for _, name := range names {
		digits, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		version, err := strconv.Atoi(digits)
		if err != nil || version != len(list)+1 {
			return nil, fmt.Errorf("migration %s: expected number %04d", name, len(list)+1)
		}
		script, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		list = append(list, migration{version, name, string(script)})
	}
	return list, nil
}

// A database file begins with the magic string, and has its user version at the
// offset, 4 bytes big-endian (SQLite, "Database File Format", section 1.3).
const (
	magic         = "SQLite format 3\x00"
	versionOffset = 60
)

// refuseNewer refuses a database whose header is ahead of the steps, before SQLite
// opens it: even switching its journal's mode would change it. A file that is
// empty or no database is left to SQLite.
func refuseNewer(file io.ReaderAt, steps []migration) error {
	var header [versionOffset + 4]byte
	n, err := file.ReadAt(header[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if n < len(header) || string(header[:len(magic)]) != magic {
		return nil
	}
	return checkVersion(int(binary.BigEndian.Uint32(header[versionOffset:])), steps)
}

func checkVersion(version int, steps []migration) error {
	if version > len(steps) {
		return fmt.Errorf("the database has schema version %d, this consentgate knows up to %d: run the newer consentgate that wrote it",
			version, len(steps))
	}
	return nil
}

// migrate brings the database to the newest version, all steps in one
// transaction. It goes forward only and refuses a database that is ahead of it.
func migrate(ctx context.Context, conn *sql.Conn, steps []migration) error {
	var version int
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	if err := checkVersion(version, steps); err != nil || version == len(steps) {
		return err
	}
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, step := range steps[version:] {
		if _, err := conn.ExecContext(ctx, step.script); err != nil {
			_, rollback := conn.ExecContext(ctx, "ROLLBACK")
			return fmt.Errorf("migration %s: %w", step.name, errors.Join(err, rollback))
		}
	}
	_, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d; COMMIT", len(steps)))
	return err
}
