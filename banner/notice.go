package banner

import "github.com/mamen-ai/consentgate/internal/consent"

// notice is what a visitor sees when choosing, with its hash in hex.
type notice struct {
	body   []byte
	sha256 string
}

func newNotice(body []byte) notice { return notice{body, hexSum(body)} }

// Notice is a text, as HTML, that records of a choice refer to by its SHA-256.
type Notice struct {
	Language string
	Body     []byte
}

// Notices returns every notice of the site, in the order of its languages: the
// banner, the page /.privacy/ and the placeholder of blocked frames. Their hashes
// are those of [Fragment.NoticeSHA256], [Banner.PageNotice] and
// [Banner.EmbedNotice].
func (b *Banner) Notices() []Notice {
	var notices []Notice
	for _, lang := range b.languages {
		for _, body := range [][]byte{b.asks[lang].notice, b.notices[lang].body, b.embedNotices[lang].body} {
			notices = append(notices, Notice{lang, body})
		}
	}
	return notices
}

// Purpose says in the language what a category of services is for, as a visitor
// reads it.
func (b *Banner) Purpose(lang string, c consent.Category) (name, about string) {
	words := b.texts[b.known(lang)].Categories[c.String()]
	return words.Name, words.About
}
