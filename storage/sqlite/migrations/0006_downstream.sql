-- What was, or is still to be, deleted at vendors' servers. Nothing of the
-- visitor is in it: it stays as evidence.
CREATE TABLE deletions (
	id        INTEGER PRIMARY KEY,
	service   TEXT    NOT NULL,
	reason    TEXT    NOT NULL,
	queued_at INTEGER NOT NULL,
	due_at    INTEGER NOT NULL,
	next_at   INTEGER NOT NULL, -- not tried before
	tries     INTEGER NOT NULL DEFAULT 0,
	failure   TEXT    NOT NULL DEFAULT '', -- the kind of the last one
	done_at   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX deletions_pending ON deletions (next_at) WHERE done_at = 0;

CREATE TRIGGER deletions_no_update BEFORE UPDATE ON deletions WHEN OLD.done_at <> 0
BEGIN SELECT RAISE(ABORT, 'a finished deletion cannot be changed'); END;

CREATE TRIGGER deletions_no_delete BEFORE DELETE ON deletions
BEGIN SELECT RAISE(ABORT, 'a deletion cannot be deleted'); END;

-- By which identifier the vendor knows the visitor, while it is needed. Rows are
-- never deleted: the table is rebuilt without them. The row with id 0 is the
-- canary.
CREATE TABLE deletion_targets (
	id      INTEGER PRIMARY KEY, -- of deletions
	service TEXT    NOT NULL,
	target  BLOB    NOT NULL,
	UNIQUE (service, target)
) STRICT;

INSERT INTO deletion_targets (id, service, target) VALUES (0, '', randomblob(32));
