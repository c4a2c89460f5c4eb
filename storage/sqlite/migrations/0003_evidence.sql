-- What ledger rows refer to by its SHA-256: the notice as it was shown, the terms
-- of the consent, the edition of the policy.
CREATE TABLE documents (
	sha256     TEXT    PRIMARY KEY, -- hexadecimal, of body
	kind       TEXT    NOT NULL CHECK (kind IN ('notice', 'terms', 'edition')),
	media_type TEXT    NOT NULL,
	language   TEXT    NOT NULL,
	body       BLOB    NOT NULL,
	first_at   INTEGER NOT NULL
) STRICT;

CREATE TRIGGER documents_no_update BEFORE UPDATE ON documents
BEGIN SELECT RAISE(ABORT, 'a document is evidence and cannot be changed'); END;

CREATE TRIGGER documents_no_delete BEFORE DELETE ON documents
BEGIN SELECT RAISE(ABORT, 'a document is evidence and cannot be deleted'); END;

-- format says which columns are hashed: 1 those of the first schema, 2 all.
ALTER TABLE ledger ADD COLUMN edition_sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger ADD COLUMN terms_sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger ADD COLUMN format INTEGER NOT NULL DEFAULT 1;

-- Months of the ledger that are complete, each with its signed checkpoint. A
-- segment outlives its rows.
CREATE TABLE segments (
	month      TEXT    PRIMARY KEY, -- YYYY-MM, local
	first_seq  INTEGER NOT NULL,
	last_seq   INTEGER NOT NULL,
	head       TEXT    NOT NULL, -- row_hash of the last row
	note       TEXT    NOT NULL,
	sealed_at  INTEGER NOT NULL,
	dropped_at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TRIGGER segments_no_update BEFORE UPDATE OF month, first_seq, last_seq, head, note, sealed_at ON segments
BEGIN SELECT RAISE(ABORT, 'a segment cannot be changed'); END;

CREATE TRIGGER segments_no_delete BEFORE DELETE ON segments
BEGIN SELECT RAISE(ABORT, 'a segment cannot be deleted'); END;

-- Copies of the database. Each holds personal data until it is destroyed.
CREATE TABLE copies (
	id           INTEGER PRIMARY KEY,
	path         TEXT    NOT NULL,
	sha256       TEXT    NOT NULL,
	bytes        INTEGER NOT NULL,
	made_at      INTEGER NOT NULL,
	delete_by    INTEGER NOT NULL,
	destroyed_at INTEGER NOT NULL DEFAULT 0
) STRICT;
