-- Third parties, cookies and collectors that the traffic showed. Nothing in it
-- belongs to a visitor, so rows are written over and deleted.
CREATE TABLE inventory (
	kind     TEXT    NOT NULL,
	source   TEXT    NOT NULL,
	name     TEXT    NOT NULL,
	service  TEXT    NOT NULL, -- ID, empty when none is known
	page     TEXT    NOT NULL, -- host and path of the first sight, without query
	count    INTEGER NOT NULL,
	blocked  INTEGER NOT NULL,
	first_at INTEGER NOT NULL, -- milliseconds since 1970, UTC, at a whole hour
	last_at  INTEGER NOT NULL,
	PRIMARY KEY (kind, source, name, service)
) STRICT, WITHOUT ROWID;
