package banner

import (
	"bytes"
	"regexp"
)

// Place is what is special about a page, so that a fragment must differ there.
// Everywhere else it is the same bytes.
type Place struct {
	// Origin is the page's own, where a base element would lead addresses that are a
	// path to another; empty where none does.
	Origin string
	// OwnTab says that a base element would lead links and forms into another tab.
	OwnTab bool
	// Scriptless says that no script runs: one would only be complained about.
	Scriptless bool
	// Pictureless says that a policy of the site stops pictures in data: URLs. The
	// logo, which says nothing, is left out.
	Pictureless bool
}

var (
	linkOrForm = regexp.MustCompile(`<(a|form) `)
	pathOfSite = regexp.MustCompile(`( href| action)=("?)/([^/\\])`)
	script     = regexp.MustCompile(`(?s)<script>.*</script>`)
	picture    = regexp.MustCompile(`<img [^>]*\bsrc="?data:[^>]*>`)
	plainURL   = regexp.MustCompile(`^https?://[A-Za-z0-9.:\[\]_-]+$`)
)

// Fit returns a fragment's HTML as it must be in the place. Hashes hold there too.
func (p Place) Fit(fragment []byte) []byte {
	if p == (Place{}) {
		return fragment
	}
	const end = "</template>"
	shown, behind, _ := bytes.Cut(fragment, []byte(end))
	if p.Pictureless {
		shown = picture.ReplaceAll(shown, nil)
	}
	if plainURL.MatchString(p.Origin) {
		shown = pathOfSite.ReplaceAll(shown, []byte("${1}=${2}"+p.Origin+"/${3}"))
	}
	if p.OwnTab {
		shown = linkOrForm.ReplaceAll(shown, []byte("<$1 target=_self "))
	}
	if p.Scriptless {
		behind = script.ReplaceAll(behind, nil)
	}
	return bytes.Join([][]byte{shown, behind}, []byte(end))
}
