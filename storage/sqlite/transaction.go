package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/mamen-ai/consentgate/storage"
)

// transact runs f in one transaction. When it fails, what the writer keeps in
// memory is as it was before.
func (w *writer) transact(f func() error) (err error) {
	// A client that goes away must not tear a commit that others share.
	ctx := context.Background()
	if err := w.store.inPlace(); err != nil {
		w.checkpoint() // so that the database file alone holds all that was acknowledged
		return fmt.Errorf("writing records: %w", err)
	}
	if _, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("writing %s: %w", w.store.path, explain(err))
	}
	before := w.head
	w.begin()
	err = f()
	if err == nil {
		err = w.writeAdditions()
	}
	if err == nil {
		_, err = w.conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		w.conn.ExecContext(ctx, "ROLLBACK") // fails when SQLite has rolled back itself
		w.head = before
		clear(w.ready)
		clear(w.known)
		clear(w.standing)
		return fmt.Errorf("writing %s: %w", w.store.path, explain(err))
	}
	w.store.count(w.written)
	return nil
}

func (w *writer) begin() {
	w.additions = map[string]*addition{}
	w.written = map[storage.Event]int64{}
}

// exec runs a statement, which stays prepared.
func (w *writer) exec(query string, args ...any) error {
	statement, err := w.prepare(query)
	if err != nil {
		return err
	}
	_, err = statement.Exec(args...)
	return err
}

// statement is one to be run once; it doesn't stay prepared.
type statement struct {
	text string
	args []any
}

// execAll runs statements in their order, up to the first that fails.
func (w *writer) execAll(statements ...statement) error {
	for _, statement := range statements {
		if _, err := w.conn.ExecContext(context.Background(), statement.text, statement.args...); err != nil {
			return err
		}
	}
	return nil
}

// queryRow runs a query for one row with a statement that stays prepared.
func (w *writer) queryRow(query string, args []any, into ...any) error {
	statement, err := w.prepare(query)
	if err != nil {
		return err
	}
	return statement.QueryRow(args...).Scan(into...)
}

func (w *writer) prepare(query string) (*sql.Stmt, error) {
	if statement := w.statements[query]; statement != nil {
		return statement, nil
	}
	if len(w.statements) >= maxStatements {
		w.forgetStatements()
	}
	statement, err := w.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	w.statements[query] = statement
	return statement, nil
}

func (w *writer) forgetStatements() {
	for _, statement := range w.statements {
		statement.Close()
	}
	clear(w.statements)
}
