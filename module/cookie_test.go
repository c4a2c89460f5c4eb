package module_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
)

// keyring returns the keys by which the edge signs choices.
func (e *edge) keyring() consent.Keyring {
	e.t.Helper()
	raw, err := os.ReadFile(filepath.Join(e.dir, "caddy", "consent", "keys.json"))
	if err != nil {
		e.t.Fatal(err)
	}
	var keys struct{ Choices consent.Keyring }
	if err := json.Unmarshal(raw, &keys); err != nil {
		e.t.Fatal(err)
	}
	return keys.Choices
}

// TestAsksAgainWhenTheTimeHasPassed pins the last day of a choice, and the
// sentence that follows it.
func TestAsksAgainWhenTheTimeHasPassed(t *testing.T) {
	e := start(t, options{})
	v := e.visit(t)
	v.choose("refuse")
	codec, err := consent.NewCodec(e.keyring(), "shop.test")
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	today, edition := policy.DayOf(time.Now(), zone), policy.Day{Year: 2025, Month: 3, Day: 12}
	made := codec.Decode(v.cookies["privacy_choice"], edition, today, 6)
	for _, test := range []struct {
		months  int
		changed string
		words   []string
	}{
		{-5, "", []string{controlMark, "!" + bannerMark}},
		{-7, "expired", []string{bannerMark, "Your earlier choice was valid for 6 months and has expired."}},
	} {
		made.Day = today.AddMonths(test.months)
		v.cookies["privacy_choice"] = codec.Encode(made)
		if changed := v.changed(); changed != test.changed {
			t.Errorf("%d months: %q", test.months, changed)
		}
		v.get("/", "Accept-Language", "en").want(t, 200, test.words...)
	}
}

// TestChoiceOfAnEarlierVersionHoldsAfterTheUpgrade pins that a cookie without a
// digest of what was asked stays what it is, whatever is new.
func TestChoiceOfAnEarlierVersionHoldsAfterTheUpgrade(t *testing.T) {
	o := options{app: "cross_border allow", gate: "service matomo"}
	e := start(t, o)
	v := e.visit(t)
	v.choose("accept")
	raw, err := base64.RawURLEncoding.DecodeString(v.cookies["privacy_choice"])
	if err != nil {
		t.Fatal(err)
	}
	old := slices.Concat([]byte{1}, raw[1:7], raw[15:len(raw)-16]) // version, then without digest and signature
	keys := e.keyring()
	mac := hmac.New(sha256.New, keys.Keys[keys.Current])
	mac.Write(slices.Concat([]byte("privacy_choice\x00shop.test\x00"), old))
	v.cookies["privacy_choice"] = base64.RawURLEncoding.EncodeToString(mac.Sum(old))
	v.get("/").want(t, 200, controlMark)
	v.reload(options{app: o.app, gate: o.gate + " clarity"})
	if state := v.state(); state["state"] != "allowed" {
		t.Errorf("state %v", state)
	}
	v.get("/").want(t, 200, controlMark, "!"+bannerMark)
}
