-- Whether the browser sent Do Not Track. Rows of format 3 hash it too.
ALTER TABLE ledger ADD COLUMN dnt INTEGER NOT NULL DEFAULT 0;
