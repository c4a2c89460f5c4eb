package catalogue

import (
	"slices"
	"testing"
)

// What was searched before is found as it was the first time.
func TestFindInlineRemembersOnlyWhatIsClean(t *testing.T) {
	c := builtinCatalogue(t)
	clean, marked := []byte("document.title = 'x'"), []byte("gtag('config', 'G-ABC123')")
	ga4 := c.Index("ga4")
	for range 3 {
		if found := c.FindInline(clean, nil); len(found) > 0 {
			t.Fatalf("found %v in a clean script", found)
		}
		if found := c.FindInline(marked, nil); !slices.Equal(found, []int{ga4}) {
			t.Fatalf("found %v, want ga4", found)
		}
		// A service that is in the list already isn't added: that says nothing about the text.
		if found := c.FindInline(marked, []int{ga4}); !slices.Equal(found, []int{ga4}) {
			t.Fatalf("found %v, want ga4 once", found)
		}
	}
	if hash, known := c.clean.place(clean); known.Load() != hash {
		t.Error("the clean script isn't remembered")
	}
	if hash, known := c.clean.place(marked); known.Load() == hash {
		t.Error("the script with a marker is remembered as clean")
	}
}

// A place holds one text: the next one takes it over.
func TestCleanTextsShareTheirPlaces(t *testing.T) {
	c := builtinCatalogue(t)
	text := []byte("0")
	hash, known := c.clean.place(text)
	known.Store(hash + uint64(len(c.clean.hashes)))
	c.FindInline(text, nil)
	if known.Load() != hash {
		t.Error("the text wasn't remembered in its place")
	}
}
