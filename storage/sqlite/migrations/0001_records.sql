-- Consent events. No IP address, no browser. Append only: what was written is
-- evidence, and the hash chain would show a change anyway.
CREATE TABLE ledger (
	seq           INTEGER PRIMARY KEY,
	record_id     TEXT    NOT NULL,
	consent_id    TEXT    NOT NULL, -- hexadecimal, empty for a refusal
	event         TEXT    NOT NULL,
	at            INTEGER NOT NULL, -- every time: milliseconds since 1970, UTC; 0 is none
	valid_until   INTEGER NOT NULL,
	categories    TEXT    NOT NULL, -- JSON array
	services      TEXT    NOT NULL, -- JSON array
	edition       TEXT    NOT NULL,
	policy_url    TEXT    NOT NULL,
	notice_sha256 TEXT    NOT NULL,
	language      TEXT    NOT NULL,
	method        TEXT    NOT NULL,
	site          TEXT    NOT NULL,
	path          TEXT    NOT NULL,
	controller    TEXT    NOT NULL,
	cross_border  INTEGER NOT NULL,
	gpc           INTEGER NOT NULL,
	version       TEXT    NOT NULL,
	commitment    TEXT    NOT NULL,
	prev_hash     TEXT    NOT NULL,
	row_hash      TEXT    NOT NULL
) STRICT;

CREATE INDEX ledger_consent_id ON ledger (consent_id);
CREATE INDEX ledger_event ON ledger (event, at);

CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- INSERT OR REPLACE deletes without firing the trigger above.
CREATE TRIGGER ledger_no_replace BEFORE INSERT ON ledger
WHEN EXISTS (SELECT 1 FROM ledger WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- What revoked consents demand and isn't finished: written with the ledger row,
-- removed when the last day table is done.
CREATE TABLE erasures (
	consent_id   TEXT    PRIMARY KEY, -- hexadecimal
	seq          INTEGER NOT NULL,    -- the newest ledger row that demands it
	reason       TEXT    NOT NULL,    -- of the first row that did
	requested_at INTEGER NOT NULL     -- of that row
) STRICT;

-- The registry of day tables. It outlives them.
CREATE TABLE parts (
	name        TEXT    PRIMARY KEY,
	kind        TEXT    NOT NULL,
	tbl         TEXT    NOT NULL CHECK (tbl IN ('ip', 'visits')),
	day         TEXT    NOT NULL, -- local
	drop_at     INTEGER NOT NULL,
	state       TEXT    NOT NULL CHECK (state IN ('live', 'dropped', 'scrubbed')),
	canary      TEXT    NOT NULL, -- hexadecimal, so that this row isn't taken for it
	rows        INTEGER NOT NULL DEFAULT 0,
	first_at    INTEGER NOT NULL DEFAULT 0,
	last_at     INTEGER NOT NULL DEFAULT 0,
	dropped_at  INTEGER NOT NULL DEFAULT 0,
	scrubbed_at INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Evidence of destruction. Only the outcome of the scrub is written later.
CREATE TABLE acts (
	id          INTEGER PRIMARY KEY,
	part        TEXT    NOT NULL,
	kind        TEXT    NOT NULL,
	reason      TEXT    NOT NULL,
	actor       TEXT    NOT NULL,
	rows        INTEGER NOT NULL,
	first_at    INTEGER NOT NULL,
	last_at     INTEGER NOT NULL,
	at          INTEGER NOT NULL,
	canary      TEXT    NOT NULL, -- hexadecimal, of the destroyed table
	scrubbed_at INTEGER NOT NULL DEFAULT 0,
	residual    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX acts_not_scrubbed ON acts (part) WHERE scrubbed_at = 0;

CREATE TRIGGER acts_no_update
BEFORE UPDATE OF id, part, kind, reason, actor, rows, first_at, last_at, at, canary ON acts
BEGIN SELECT RAISE(ABORT, 'an act of destruction cannot be changed'); END;

CREATE TRIGGER acts_no_delete BEFORE DELETE ON acts
BEGIN SELECT RAISE(ABORT, 'an act of destruction cannot be deleted'); END;

CREATE TABLE meta (
	name  TEXT    PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT;
