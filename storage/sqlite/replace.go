package sqlite

import (
	"context"
	"database/sql"
	"regexp"
)

// replaceTable replaces a table by a copy with the rows that meet the condition: a
// DELETE would leave bytes of the others in pages that stay in use. The indexes and
// triggers of the table, by which it may be append-only, come back with the copy.
func (w *writer) replaceTable(name, condition string, args ...any) error {
	made, others, err := w.schemaOf(name)
	if err != nil {
		return err
	}
	w.forgetStatements() // a statement on the table would keep it from being dropped
	// The name of a table that was renamed is quoted.
	made = regexp.MustCompile(`^CREATE TABLE "?`+regexp.QuoteMeta(name)+`"?`).ReplaceAllString(made, "CREATE TABLE "+rebuiltTable)
	steps := []statement{
		{text: made},
		{"INSERT INTO " + rebuiltTable + " SELECT * FROM " + name + " WHERE " + condition + " ORDER BY rowid", args},
		{text: "DROP TABLE " + name},
		{text: "ALTER TABLE " + rebuiltTable + " RENAME TO " + name},
	}
	for _, text := range others {
		steps = append(steps, statement{text: text})
	}
	return w.execAll(steps...)
}

// schemaOf returns the statement that made a table, and those that made its indexes
// and triggers.
func (w *writer) schemaOf(name string) (table string, others []string, err error) {
	rows, err := w.conn.QueryContext(context.Background(),
		"SELECT type, sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'trigger', name", name)
	if err != nil {
		return "", nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var sort string
		var text sql.NullString
		if err := rows.Scan(&sort, &text); err != nil {
			return "", nil, err
		}
		if sort == "table" {
			table = text.String
		} else {
			others = append(others, text.String)
		}
	}
	return table, others, rows.Err()
}
