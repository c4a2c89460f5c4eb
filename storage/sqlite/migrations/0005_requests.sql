-- Requests of data subjects that came by letter or mail. No column takes words:
-- they would be personal data.
CREATE TABLE requests (
	id         INTEGER PRIMARY KEY,
	kind       TEXT    NOT NULL CHECK (kind IN ('withdraw', 'access', 'rectify', 'block', 'unblock', 'erase')),
	consent_id TEXT    NOT NULL, -- hexadecimal, empty when the subject couldn't name one
	channel    TEXT    NOT NULL CHECK (channel IN ('mail', 'letter')),
	received   TEXT    NOT NULL, -- local day, as due
	due        TEXT    NOT NULL,
	added_at   INTEGER NOT NULL,
	closed_at  INTEGER NOT NULL DEFAULT 0,
	result     TEXT    NOT NULL DEFAULT '' CHECK (result IN ('', 'fulfilled', 'refused', 'unidentified')),
	actor      TEXT    NOT NULL
) STRICT;

-- The row with id 0 is no request but the canary: 32 random letters, by which the
-- bytes of a destroyed table are known.
INSERT INTO requests (id, kind, consent_id, channel, received, due, added_at, closed_at, result, actor)
VALUES (0, 'access', lower(hex(randomblob(16))), 'mail', '', '', 0, 1, 'unidentified', '');

CREATE INDEX requests_open ON requests (due) WHERE closed_at = 0;

CREATE TRIGGER requests_no_update
BEFORE UPDATE OF id, kind, consent_id, channel, received, due, added_at, actor ON requests
BEGIN SELECT RAISE(ABORT, 'a request cannot be changed'); END;

CREATE TRIGGER requests_no_reopening BEFORE UPDATE ON requests WHEN OLD.closed_at <> 0
BEGIN SELECT RAISE(ABORT, 'a closed request cannot be changed'); END;

CREATE TRIGGER requests_no_delete BEFORE DELETE ON requests
BEGIN SELECT RAISE(ABORT, 'a request cannot be deleted'); END;
