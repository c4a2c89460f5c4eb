-- A database as the first released schema left it: two consents, a refusal, a
-- withdrawal whose erasure is still pending, one day of records and three acts.
BEGIN TRANSACTION;
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
INSERT INTO "acts" VALUES(1,'ip_audience_20261123','audience','consent_revoked','visitor',1,1795417200000,1795417200000,1795417200000,'636f6e73656e746761746500c75a1eb3c7f581cf98f273a9e58298262999f1c4',0,0);
INSERT INTO "acts" VALUES(2,'ip_visits_20261123','visits','consent_revoked','visitor',1,1795417200000,1795417200000,1795417200000,'636f6e73656e746761746500c75a1eb35f08bf50ca9199ccdea15408ee603fab',0,0);
INSERT INTO "acts" VALUES(3,'visits_visits_20261123','visits','consent_revoked','visitor',1,1795417200000,1795417200000,1795417200000,'636f6e73656e746761746500c75a1eb3df7eb47f74542384c1b08b8c2c38cda7',0,0);
CREATE TABLE erasures (
	consent_id   TEXT    PRIMARY KEY, -- hexadecimal
	seq          INTEGER NOT NULL,    -- the newest ledger row that demands it
	reason       TEXT    NOT NULL,    -- of the first row that did
	requested_at INTEGER NOT NULL     -- of that row
) STRICT;
INSERT INTO "erasures" VALUES('c3d4030405060708090a0b0c0d0e0f10',4,'consent_revoked',1795417200000);
CREATE TABLE "ip_audience_20261123" (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, consent_id BLOB NOT NULL,
		ip TEXT NOT NULL DEFAULT '', purpose TEXT NOT NULL DEFAULT '', service TEXT NOT NULL DEFAULT '',
		visitor_id TEXT NOT NULL DEFAULT '', browser TEXT NOT NULL DEFAULT '', salt BLOB) STRICT;
INSERT INTO "ip_audience_20261123" VALUES(0,0,X'636F6E73656E746761746500C75A1EB361DEE9A268D4A337388AD749FA49AE9B','','','','','',NULL);
INSERT INTO "ip_audience_20261123" VALUES(1,1795417200000,X'A1B2030405060708090A0B0C0D0E0F10','203.0.113.0','analytics','matomo','0123456789abcdef','Firefox',NULL);
CREATE TABLE "ip_visits_20261123" (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, consent_id BLOB NOT NULL,
		ip TEXT NOT NULL DEFAULT '', purpose TEXT NOT NULL DEFAULT '', service TEXT NOT NULL DEFAULT '',
		visitor_id TEXT NOT NULL DEFAULT '', browser TEXT NOT NULL DEFAULT '', salt BLOB) STRICT;
INSERT INTO "ip_visits_20261123" VALUES(0,0,X'636F6E73656E746761746500C75A1EB39E5F325768D5307D188D068DA8B70276','','','','','',NULL);
INSERT INTO "ip_visits_20261123" VALUES(1,1795417200000,X'A1B2030405060708090A0B0C0D0E0F10','203.0.113.0','consent','','','Firefox',X'D15E592986D2E0038D3A6EFAB501EED1A98F8505D9AAA4FB078B5B34760C868B');
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
INSERT INTO "ledger" VALUES(1,'01a213e8-405e-7bba-b94d-156a73aa11f9','a1b2030405060708090a0b0c0d0e0f10','given',1795417200000,1811055600000,'["statistics"]','["youtube"]','2025-03-12','https://mamen.ai/privacy.pdf','ab','kk','banner','mamen.ai','/','191240029778',0,0,'1.0','68f46a677486952e05fa9fc1abcdb8ac0bbb4e2a98cabbaa1604cca98770902d','0000000000000000000000000000000000000000000000000000000000000000','812bdcd5d3d61cfa14e6991a9a9bcb8515707f0d51ac73b48d6ecc2d3850c644');
INSERT INTO "ledger" VALUES(2,'01a213e8-405f-7735-9bc7-e9d82a22956a','c3d4030405060708090a0b0c0d0e0f10','given',1795417200000,1811055600000,'["statistics"]','["youtube"]','2025-03-12','https://mamen.ai/privacy.pdf','ab','kk','banner','mamen.ai','/','191240029778',0,0,'1.0','662b4ded550b67b15ef6d828abb2cdcedb3181ffab5b55215190bc4028d980f3','812bdcd5d3d61cfa14e6991a9a9bcb8515707f0d51ac73b48d6ecc2d3850c644','0411e6ed39b6b117a98399b0ba2dd971f3ace49f3bf1f84885af951bd0eb9b5a');
INSERT INTO "ledger" VALUES(3,'01a213e8-405f-7ba8-81c3-688214066291','','refused',1795417200000,0,'[]','[]','','','','','','mamen.ai','','',0,0,'','','0411e6ed39b6b117a98399b0ba2dd971f3ace49f3bf1f84885af951bd0eb9b5a','63fd3f0de747277b81204c40deb396eccf627078492b7e4c3ff6f950f74288cc');
INSERT INTO "ledger" VALUES(4,'01a213e8-4065-7456-8cdb-0484bab7b6ff','c3d4030405060708090a0b0c0d0e0f10','withdrawn',1795417200000,0,'[]','[]','','','','','','mamen.ai','','',0,0,'','','63fd3f0de747277b81204c40deb396eccf627078492b7e4c3ff6f950f74288cc','de1bcd151ccab9d710300687ebd52be5e829469cc52c5b8cc1bf297de50d1bda');
CREATE TABLE meta (
	name  TEXT    PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT;
INSERT INTO "meta" VALUES('clock_mark',1795417200000);
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
INSERT INTO "parts" VALUES('ip_visits_20261123','visits','ip','2026-11-23',1832180400000,'live','636f6e73656e746761746500c75a1eb39e5f325768d5307d188d068da8b70276',1,1795417200000,1795417200000,0,0);
INSERT INTO "parts" VALUES('visits_visits_20261123','visits','visits','2026-11-23',1832180400000,'live','636f6e73656e746761746500c75a1eb3c1dc2e5e9784e05a325906b15b69efdf',1,1795417200000,1795417200000,0,0);
INSERT INTO "parts" VALUES('ip_audience_20261123','audience','ip','2026-11-23',1832180400000,'live','636f6e73656e746761746500c75a1eb361dee9a268d4a337388ad749fa49ae9b',1,1795417200000,1795417200000,0,0);
CREATE TABLE "visits_visits_20261123" (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, consent_id BLOB NOT NULL,
		host TEXT NOT NULL DEFAULT '', path TEXT NOT NULL DEFAULT '', referrer TEXT NOT NULL DEFAULT '',
		browser TEXT NOT NULL DEFAULT '', os TEXT NOT NULL DEFAULT '', device TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "visits_visits_20261123" VALUES(0,0,X'636F6E73656E746761746500C75A1EB3C1DC2E5E9784E05A325906B15B69EFDF','','','','','','');
INSERT INTO "visits_visits_20261123" VALUES(1,1795417200000,X'A1B2030405060708090A0B0C0D0E0F10','mamen.ai','/page','','Firefox','Linux','desktop');
CREATE INDEX ledger_consent_id ON ledger (consent_id);
CREATE INDEX ledger_event ON ledger (event, at);
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_replace BEFORE INSERT ON ledger
WHEN EXISTS (SELECT 1 FROM ledger WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE INDEX acts_not_scrubbed ON acts (part) WHERE scrubbed_at = 0;
CREATE TRIGGER acts_no_update
BEFORE UPDATE OF id, part, kind, reason, actor, rows, first_at, last_at, at, canary ON acts
BEGIN SELECT RAISE(ABORT, 'an act of destruction cannot be changed'); END;
CREATE TRIGGER acts_no_delete BEFORE DELETE ON acts
BEGIN SELECT RAISE(ABORT, 'an act of destruction cannot be deleted'); END;
CREATE INDEX "ip_audience_20261123_consent_id" ON "ip_audience_20261123" (consent_id);
CREATE INDEX "ip_visits_20261123_consent_id" ON "ip_visits_20261123" (consent_id);
CREATE INDEX "visits_visits_20261123_consent_id" ON "visits_visits_20261123" (consent_id);
COMMIT;
