package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	driversqlite "modernc.org/sqlite"
)

// busyTimeout is how long a connection waits for a lock, in milliseconds.
const busyTimeout = 5000

// pragmas hold for every connection. They are in the data source name because a
// pragma executed on a pool reaches one of its connections only.
var pragmas = []string{
	fmt.Sprintf("busy_timeout(%d)", busyTimeout),
	"secure_delete(1)",
	"temp_store(2)", // in memory: a temporary file would hold personal data
	"synchronous(FULL)",
}

// dataSource returns the data source name of the file. The driver applies
// busy_timeout first and the others in alphabetical order, which puts
// auto_vacuum before journal_mode: once the first page is written it is too
// late for it.
func dataSource(path string, more url.Values) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") { // a Windows volume
		slashed = "/" + slashed
	}
	// The file is there before SQLite opens it; one that isn't must not be made anew.
	query := url.Values{"mode": {"rw"}, "_pragma": append(pragmas[:len(pragmas):len(pragmas)], more["_pragma"]...)}
	if lock := more["_txlock"]; lock != nil {
		query["_txlock"] = lock
	}
	return (&url.URL{Scheme: "file", Path: slashed, RawQuery: query.Encode()}).String()
}

// openWriter opens the one connection that writes.
func openWriter(ctx context.Context, path string) (*sql.DB, *sql.Conn, error) {
	db, err := openPool(dataSource(path, url.Values{
		"_pragma": {"auto_vacuum(INCREMENTAL)", "journal_mode(WAL)"},
		"_txlock": {"immediate"},
	}), map[string]int64{"secure_delete": 1, "synchronous": 2, "temp_store": 2, "auto_vacuum": 2, "query_only": 0}, nil)
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, conn, nil
}

// openReaders opens the pool of connections that can't write.
// inPlace is asked before each is opened: one that opened another file would mix
// it with this one's write-ahead log.
func openReaders(path string, size int, inPlace func() error) (*sql.DB, error) {
	db, err := openPool(dataSource(path, url.Values{"_pragma": {"query_only(1)"}}),
		map[string]int64{"secure_delete": 1, "temp_store": 2, "query_only": 1}, inPlace)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// openPool opens a pool whose connections are as wanted. before, if set, may
// refuse each.
func openPool(source string, want map[string]int64, before func() error) (*sql.DB, error) {
	connector, err := driversqlite.NewConnector(source)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(assertingConnector{connector, want, before}), nil
}

// assertingConnector refuses a connection on which a pragma didn't take: with
// secure_delete off, destroyed data would stay readable in the file and nothing
// else would show it.
type assertingConnector struct {
	driver.Connector
	want   map[string]int64
	before func() error
}

// Connect opens a connection and checks its pragmas.
func (c assertingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	if c.before != nil {
		if err := c.before(); err != nil {
			return nil, err
		}
	}
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for name, want := range c.want {
		got, err := pragma(ctx, conn, name)
		if err == nil && got != want {
			err = fmt.Errorf("PRAGMA %s is %d, not %d: the database can't be used safely", name, got, want)
		}
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

// pragma reads one integer pragma.
func pragma(ctx context.Context, conn driver.Conn, name string) (int64, error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, "PRAGMA "+name, nil)
	if err != nil {
		return 0, fmt.Errorf("PRAGMA %s: %w", name, err)
	}
	defer rows.Close()
	values := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(values); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("PRAGMA %s: %w", name, err)
	}
	if len(values) == 1 {
		if value, isInteger := values[0].(int64); isInteger {
			return value, nil
		}
	}
	return 0, fmt.Errorf("PRAGMA %s has no value", name)
}
