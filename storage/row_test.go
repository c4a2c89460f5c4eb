package storage

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"
)

func FuzzCanonicalTellsRowsApart(f *testing.F) {
	f.Add("a", "bc", "ab", "c")
	f.Add("", "x", "x", "")
	f.Add("\x00", "", "", "\x00")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		first, second := []string{a, b}, []string{c, d}
		if bytes.Equal(canonical(first), canonical(second)) != slices.Equal(first, second) {
			t.Errorf("%q and %q", first, second)
		}
	})
}

func TestRowThatLeftTheStoreKeepsItsHash(t *testing.T) {
	for _, format := range []int{1, 2, 3} {
		row := Consent{Seq: 7, Event: Given, At: time.UnixMilli(1), Categories: []string{"statistics"}, Services: []string{},
			Path: "/", Format: format, PrevHash: strings.Repeat("0", 64)}
		fields, err := RowFields(row)
		if err != nil {
			t.Fatal(err)
		}
		hash := HashRow([32]byte{}, fields)
		row.RowHash = hex.EncodeToString(hash[:])
		if err := CheckRow(row); err != nil {
			t.Errorf("format %d: %v", format, err)
		}
		for name, change := range map[string]func(*Consent){
			"path": func(c *Consent) { c.Path = "/x" }, "format": func(c *Consent) { c.Format = format%3 + 1 },
			"hash": func(c *Consent) { c.RowHash = strings.Repeat("0", 64) }, "previous": func(c *Consent) { c.PrevHash = "x" },
		} {
			changed := row
			change(&changed)
			if err := CheckRow(changed); err == nil {
				t.Errorf("format %d with another %s: no error", format, name)
			}
		}
	}
}
