package banner

import (
	"slices"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// What a record refers to by its hash must be found again by that hash.
func TestNoticesAreThoseThatRecordsReferTo(t *testing.T) {
	b, err := New(Options{Languages: []string{"kk", "ru"}})
	if err != nil {
		t.Fatal(err)
	}
	var hashes []string
	for _, notice := range b.Notices() {
		hashes = append(hashes, notice.Language+" "+hexSum(notice.Body))
	}
	var want []string
	for _, lang := range []string{"kk", "ru"} {
		want = append(want, lang+" "+b.Ask(lang).NoticeSHA256, lang+" "+b.PageNotice(lang), lang+" "+b.EmbedNotice(lang))
	}
	if !slices.Equal(hashes, want) {
		t.Errorf("notices %v, want %v", hashes, want)
	}
	if name, about := b.Purpose("ru", consent.Statistics); name != "Статистика" || about == "" {
		t.Errorf("purpose %q, %q", name, about)
	}
}
