package consent

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/mamen-ai/consentgate/internal/policy"
)

func keyOf(n byte) []byte { return bytes.Repeat([]byte{n}, 32) }

// dayAfter returns the day n days after today.
func dayAfter(n int) policy.Day { return policy.DayFromNumber(today.Number() + n) }

func rotated(t *testing.T, k Keyring, n byte, on policy.Day) Keyring {
	t.Helper()
	next, err := k.Rotate(keyOf(n), on)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(next) // as it is kept
	if err != nil {
		t.Fatal(err)
	}
	var kept Keyring
	if err := json.Unmarshal(raw, &kept); err != nil {
		t.Fatal(err)
	}
	return kept
}

// Policy 5.1: a visitor isn't asked again because the operator changed a key.
func TestRotationLosesNoChoice(t *testing.T) {
	first := Keyring{Current: 1, Keys: map[uint8][]byte{1: keyOf(1)}}
	choice := allowed(All)
	value := testCodec(t, first, "mamen.ai").Encode(choice)
	ring := first
	for n := range byte(5) {
		ring = rotated(t, ring, 2+n, today.AddMonths(int(n)))
		codec := testCodec(t, ring, "mamen.ai")
		last := today.AddMonths(6)
		if got := codec.Decode(value, edition, last, 6); got.State != Allowed || got.ID != choice.ID {
			t.Errorf("after %d rotations the choice is %v", n+1, got.State)
		}
		if got := codec.Decode(value, edition, policy.DayFromNumber(last.Number()+1), 6); got.State != Stale {
			t.Errorf("after %d rotations and 6 months the choice is %v", n+1, got.State)
		}
		made := allowed(All)
		if got := codec.Decode(codec.Encode(made), edition, today, 6); got.State != Allowed || got.ID != made.ID {
			t.Errorf("after %d rotations a new choice is %v", n+1, got.State)
		}
	}
	if first.Until != nil || len(first.Keys) != 1 {
		t.Errorf("the keyring of before was changed: %+v", first)
	}
}

// Whoever gets hold of a key that was replaced can't make choices of today.
func TestReplacedKeySignsNothingNew(t *testing.T) {
	first := Keyring{Current: 1, Keys: map[uint8][]byte{1: keyOf(1)}}
	ring := testCodec(t, rotated(t, first, 2, today), "mamen.ai")
	for day, want := range map[int]State{-1: Allowed, 0: Allowed, 1: Allowed, 2: Undecided, 30: Undecided} {
		choice := allowed(All)
		choice.Day = dayAfter(day)
		if got := ring.Decode(testCodec(t, first, "mamen.ai").Encode(choice), edition, dayAfter(30), 6); got.State != want {
			t.Errorf("%d days after the rotation: %v, want %v", day, got.State, want)
		}
	}
}

// A key goes once the longest possible life of its last choices has passed.
func TestKeysGoWhenTheirChoicesAreOver(t *testing.T) {
	first := Keyring{Current: 1, Keys: map[uint8][]byte{1: keyOf(1)}}
	second := rotated(t, first, 2, today)
	over := dayAfter(1).AddMonths(12)
	if ring := rotated(t, second, 3, over); len(ring.Keys) != 3 {
		t.Errorf("on the last day: %d keys", len(ring.Keys))
	}
	ring := rotated(t, second, 3, policy.DayFromNumber(over.Number()+1))
	if _, known := ring.Keys[1]; known || len(ring.Keys) != 2 || len(ring.Until) != 1 {
		t.Errorf("a day later: %+v", ring)
	}
}

func TestRevokedKeysVerifyNothing(t *testing.T) {
	first := Keyring{Current: 1, Keys: map[uint8][]byte{1: keyOf(1)}}
	ring := rotated(t, first, 2, today).Alone()
	codec := testCodec(t, ring, "mamen.ai")
	if got := codec.Decode(testCodec(t, first, "mamen.ai").Encode(allowed(All)), edition, today, 6); got.State != Undecided {
		t.Errorf("what a revoked key signed is %v", got.State)
	}
	if got := codec.Decode(codec.Encode(allowed(All)), edition, today, 6); got.State != Allowed {
		t.Errorf("what the new key signed is %v", got.State)
	}
}

// Numbers of keys are one byte: they begin anew, and pass over those in use.
func TestNumbersOfKeysBeginAnew(t *testing.T) {
	ring := Keyring{Current: 255, Keys: map[uint8][]byte{255: keyOf(1), 1: keyOf(2)}}
	if ring = rotated(t, ring, 3, today); ring.Current != 2 || !bytes.Equal(ring.Keys[2], keyOf(3)) || len(ring.Keys) != 3 {
		t.Errorf("%+v", ring)
	}
	for len(ring.Keys) < 255 {
		ring = rotated(t, ring, 4, today)
	}
	if full, err := ring.Rotate(keyOf(5), today); err == nil || full.Current != ring.Current || len(full.Keys) != 255 {
		t.Errorf("with all numbers in use: %d keys, %v", len(full.Keys), err)
	}
	if _, err := ring.Alone().Rotate([]byte("short"), today); err == nil {
		t.Error("a short key is taken")
	}
}
