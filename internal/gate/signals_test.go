package gate

import (
	"testing"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
)

// TestConsentCallsFollowTheChoice pins that what isn't allowed is denied before what
// is allowed is granted, and that products that share a call deny it once.
func TestConsentCallsFollowTheChoice(t *testing.T) {
	service := func(id string, category consent.Category, country string, signals ...catalogue.Signal) catalogue.Service {
		return catalogue.Service{ID: id, Category: category, Countries: []string{country}, Scripts: []string{id + ".example"}, Signals: signals}
	}
	compiled, err := catalogue.New([]catalogue.Service{
		service("ads", consent.Marketing, "KZ", catalogue.Signal{Denied: "all(0);", Granted: "ads(1);"}),
		service("stats", consent.Statistics, "KZ", catalogue.Signal{Denied: "all(0);", Granted: "stats(1);"}),
		service("queue", consent.Statistics, "KZ", catalogue.Signal{Denied: "queue(0);"}),
		service("abroad", consent.Statistics, "US", catalogue.Signal{Denied: "abroad(0);", Granted: "abroad(1);"}),
		service("unused", consent.Statistics, "KZ", catalogue.Signal{Denied: "unused(0);", Granted: "unused(1);"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	g := testGate(t, func(o *Options) {
		o.Catalogue, o.InUse = compiled, []string{"ads", "stats", "queue", "abroad"}
	})
	for _, test := range []struct {
		choice consent.Choice
		want   string
	}{
		{consent.Choice{}, "all(0);queue(0);abroad(0);"},
		{consent.Choice{State: consent.Refused}, "all(0);queue(0);abroad(0);"},
		{allowing(consent.Statistics), "all(0);abroad(0);stats(1);"},
		{allowing(consent.Marketing), "all(0);queue(0);abroad(0);ads(1);"},
		{allowing(consent.Marketing, consent.Statistics), "abroad(0);ads(1);stats(1);"},
	} {
		if got := string(g.Permit(test.choice).Signals()); got != test.want {
			t.Errorf("%v %v: %s, want %s", test.choice.State, test.choice.Categories, got, test.want)
		}
	}
}
