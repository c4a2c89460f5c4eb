package storage

import "regexp"

// A kind becomes part of a table name, so nothing else may be in it.
var kindPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,40}$`)

// ValidKind reports whether name can name a kind of records: a small letter,
// then at most 40 small letters, digits and underscores.
func ValidKind(name string) bool { return kindPattern.MatchString(name) }
