package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
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

// migrate brings the database to the newest version, all steps in one
// transaction. It goes forward only and refuses a database that is ahead of it.
func migrate(ctx context.Context, conn *sql.Conn, steps []migration) error {
	var version int
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	if version > len(steps) {
		return fmt.Errorf("the database has schema version %d, this consentgate knows up to %d: run the newer consentgate that wrote it",
			version, len(steps))
	}
	if version == len(steps) {
		return nil
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
