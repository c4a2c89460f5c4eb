-- How long the site last set a cookie for, in nanoseconds: 0 when it isn't known, -1
-- until the browser is closed.
ALTER TABLE inventory ADD COLUMN lifetime INTEGER NOT NULL DEFAULT 0;
