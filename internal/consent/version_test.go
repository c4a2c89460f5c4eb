package consent

import (
	"encoding/base64"
	"slices"
	"testing"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// Values that version 1 wrote with the keys of testKeyring for mamen.ai, on today
// and under the edition. Visitors have them for as long as choices are valid.
const (
	refusedV1 = "AQJOv1EsACci2LMrK2lretnL7EHb9BdCr-ck_iXNCytz7tLTIZPM"
	someV1    = "AQJOv1EsiAECAwQFBgcICQoLDA0ODxAVXFYk5mUp2kyEemKmGGSTDIryWv28D0bU9y0JDcNY2Qd0stsr_w"
	mostV1    = "AQJOv1EsnAECAwQFBgcICQoLDA0ODxAAA-gAA-kAA-oAA-sAA-wAA-0AA-4AA-8AA_AAA_EAA_IAA_MAA_QAA_UAA_YAA_ccPEaDraVT7CDvdC5o84oTNFn78Pi8FntqtKIDQWJkoQ"
)

func TestChoicesOfTheEarlierVersionHold(t *testing.T) {
	codec := testCodec(t, testKeyring(), "mamen.ai")
	id := ID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	for value, want := range map[string]Choice{
		refusedV1: {State: Refused},
		someV1:    {State: Allowed, Categories: SetOf(Statistics), Services: sorted([]Tag{TagOf("youtube"), TagOf("matomo")}), ID: id},
		mostV1:    {State: Allowed, Categories: All, Services: manyTags(MaxServices), ID: id},
	} {
		got := codec.Decode(value, edition, today, 6)
		if got.State != want.State || got.Categories != want.Categories || !slices.Equal(got.Services, want.Services) || got.ID != want.ID ||
			got.Edition != edition || got.Day != today || !got.Offer.IsZero() || got.Outdated != 0 {
			t.Errorf("%.12s…: %+v", value, got)
		}
		raw, err := base64.RawURLEncoding.DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		for i := range raw {
			forged := slices.Clone(raw)
			forged[i] ^= 1
			if got := codec.Decode(base64.RawURLEncoding.EncodeToString(forged), edition, today, 6); got.State != Undecided {
				t.Errorf("%.12s…: byte %d may be changed", value, i)
			}
		}
		// A signature of one version, cut to the other's length, signs nothing there.
		raw[0] = codecVersion
		if got := codec.Decode(base64.RawURLEncoding.EncodeToString(raw[:len(raw)-16]), edition, today, 6); got.State != Undecided {
			t.Errorf("%.12s…: passes for version %d", value, codecVersion)
		}
	}
}

func TestChoiceSaysWhyItIsOutdated(t *testing.T) {
	codec := testCodec(t, testKeyring(), "mamen.ai")
	offer := Offer{"matomo": {Category: Statistics}}.Digest()
	late := policy.DayFromNumber(today.AddMonths(6).Number() + 1)
	newer := policy.Day{Year: 2026, Month: 11, Day: 1}
	for _, choice := range []Choice{{State: Refused, Edition: edition, Day: today}, allowed(SetOf(Statistics))} {
		choice.Offer = offer
		value := codec.Encode(choice)
		for name, c := range map[string]struct {
			edition, today policy.Day
			want           []string
		}{
			"valid":       {edition, today, nil},
			"new edition": {newer, today, []string{"edition"}},
			"late":        {edition, late, []string{"expired"}},
			"both":        {newer, late, []string{"edition", "expired"}},
			"a bad clock": {edition, today.AddMonths(-2), nil},
		} {
			got := codec.Decode(value, c.edition, c.today, 6)
			if got.Offer != offer || got.ID != choice.ID || !slices.Equal(got.Outdated.Names(), c.want) {
				t.Errorf("%s: %+v, because of %q", name, got, got.Outdated.Names())
			}
			if stale := got.State == Stale; stale != (name != "valid") {
				t.Errorf("%s: %v", name, got.State)
			}
		}
	}
}
