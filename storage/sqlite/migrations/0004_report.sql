-- Acts are summed up by month, and each withdrawal adds some.
CREATE INDEX acts_at ON acts (at);
