package storage

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

func someCheckpoint() Checkpoint {
	return Checkpoint{Month: "2026-11", Size: 3, Root: tlog.RecordHash([]byte("x")), First: 8,
		Head: strings.Repeat("ab", 32),
		Ends: time.Date(2027, 5, 23, 0, 0, 0, 0, time.UTC), At: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)}
}

func testKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune('a'+seed)), ed25519.SeedSize)))
}

func TestSignedCheckpointOpensWithItsKeyOnly(t *testing.T) {
	signed, err := someCheckpoint().Sign(testKey(0))
	if err != nil {
		t.Fatal(err)
	}
	own, err := VerifierKey(testKey(0).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	other, err := VerifierKey(testKey(1).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := OpenCheckpoint(signed, own); err != nil || opened != someCheckpoint() {
		t.Errorf("OpenCheckpoint = %+v, %v", opened, err)
	}
	if _, err := OpenCheckpoint(signed, other); err == nil {
		t.Error("another key opens it")
	}
	for i := range strings.Index(signed, "\n\n") {
		changed := []byte(signed)
		changed[i] ^= 1
		if _, err := OpenCheckpoint(string(changed), own); err == nil {
			t.Fatalf("it opens with byte %d changed", i)
		}
	}
}

// What was signed before a key was replaced is evidence for ever.
func TestCheckpointOpensWithTheKeyOfBefore(t *testing.T) {
	signed, err := someCheckpoint().Sign(testKey(0))
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for seed := range byte(3) {
		key, err := VerifierKey(testKey(seed).Public().(ed25519.PublicKey))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	for name, test := range map[string]struct {
		present string
		former  []FormerKey
		opens   bool
	}{
		"the key before":             {keys[1], []FormerKey{{Key: keys[0]}}, true},
		"one of the keys before":     {keys[2], []FormerKey{{Key: keys[1]}, {Key: keys[0]}}, true},
		"a key that is replaced now": {keys[0], []FormerKey{{Key: keys[0]}}, true},
		"none of them":               {keys[1], []FormerKey{{Key: keys[2]}}, false},
		"no key":                     {keys[1], []FormerKey{{Key: "x"}, {Key: keys[0]}}, false},
	} {
		if opened, err := OpenCheckpoint(signed, test.present, test.former...); (err == nil) != test.opens || test.opens && opened != someCheckpoint() {
			t.Errorf("%s: %+v, %v", name, opened, err)
		}
	}
}

func TestWhatIsNoCheckpointIsRefused(t *testing.T) {
	good := someCheckpoint().text()
	if c, err := parseCheckpoint(good); err != nil || c.text() != good {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, change := range [][2]string{
		{"consentgate/ledger/", "sum.golang.org/"}, {"2026-11\n", "2026-13\n"}, {"\n3\n", "\n0\n"}, {"\n3\n", "\nx\n"}, {"first 8", "first 0"},
		{"first 8", "8"}, {"head ab", "head xy"}, {"time 2026", "time x"}, {"ends 2027", "ends x"}, {"\nfirst", "\n\nfirst"}, {good, ""}, {good, good + "more\n"},
	} {
		if c, err := parseCheckpoint(strings.Replace(good, change[0], change[1], 1)); err == nil {
			t.Errorf("%q for %q: %+v", change[1], change[0], c)
		}
	}
}

// The root is that of RFC 6962, as package tlog computes it from all hashes.
func TestTreeHasTheRootOfRFC6962(t *testing.T) {
	var tree Tree
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (hashes []tlog.Hash, err error) {
		for _, i := range indexes {
			hashes = append(hashes, stored[i])
		}
		return hashes, nil
	})
	if tree.Root() != (tlog.Hash{}) || tree.Size() != 0 {
		t.Errorf("empty tree: %v", tree)
	}
	for n := range int64(130) {
		leaf := fmt.Append(nil, n)
		tree.Add(leaf)
		hashes, err := tlog.StoredHashes(n, leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		want, err := tlog.TreeHash(n+1, reader)
		if err != nil || tree.Root() != want || tree.Size() != n+1 {
			t.Fatalf("%d leaves: %v, want %v (%v)", n+1, tree.Root(), want, err)
		}
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(someCheckpoint().text())
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := parseCheckpoint(text); err == nil && (c.Size < 1 || c.First < 1 || len(c.Month) != 7) {
			t.Errorf("%+v", c)
		}
	})
}
