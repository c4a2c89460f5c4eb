package storage

// maxKind is the longest name of a kind, in bytes.
const maxKind = 41

// ValidKind reports whether name can name a kind of records, which becomes part of a
// table's name: a small letter, then at most 40 small letters, digits and underscores.
func ValidKind(name string) bool {
	if name == "" || len(name) > maxKind || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
