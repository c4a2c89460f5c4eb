package module

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
)

// variant names, in 8 hexadecimal digits, everything besides the origin's page
// that decides over the bytes of the answer: what is allowed, what is inserted,
// what changed since a stale choice, the language that would be chosen, and the
// revisions of banner and gate.
func (x *exchange) variant() string {
	if x.knownVariant != "" {
		return x.knownVariant
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%s|%s|%v|%x|%t|%t|%t|%s|%v",
		version(), x.handler.banner.Revision(), x.handler.gate.Revision(), x.choice.State, x.choice.Categories, x.choice.Services,
		x.gpc || x.dnt, x.navigates(), x.isBot(), x.handler.banner.Language("", x.request.Header.Get("Accept-Language")), x.news()))
	x.knownVariant = hex.EncodeToString(sum[:4])
	return x.knownVariant
}

// suffix marks an entity tag as ours: `;p=` and the variant.
const suffix = ";p="

// rekeyETag makes the origin's entity tag one of the variant. It becomes weak:
// two answers of one variant are equivalent, not equal byte for byte once a
// banner's revision has changed (RFC 9110 §8.8.1).
func rekeyETag(header http.Header, variant string) {
	etag := header.Get("Etag")
	opaque := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(etag, "W/"), `"`), `"`)
	header["Etag"] = []string{`W/"` + opaque + suffix + variant + `"`}
}

// restoreValidators gives the origin its own entity tags back in If-None-Match.
// When a tag is of another variant the header is dropped, so that a whole page
// of the present variant comes back instead of a 304. Both the strong and the
// weak spelling are sent, since not every origin compares weakly.
func (x *exchange) restoreValidators(header http.Header) {
	values := header["If-None-Match"]
	if len(values) == 0 {
		return
	}
	current := suffix + x.variant()
	var restored []string
	for tag := range strings.SplitSeq(strings.Join(values, ","), ",") {
		tag = strings.TrimSpace(tag)
		opaque := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(tag, "W/"), `"`), `"`)
		original, ours := strings.CutSuffix(opaque, current)
		switch {
		case ours:
			x.revalidates = true
			restored = append(restored, `"`+original+`"`, `W/"`+original+`"`)
		case strings.Contains(opaque, suffix):
			header.Del("If-None-Match")
			return
		case x.isRewritten():
			// A page from before the site stood behind the edge must not live on in
			// the browser's cache.
		default:
			restored = append(restored, tag)
		}
	}
	if len(restored) == 0 {
		header.Del("If-None-Match")
		return
	}
	header["If-None-Match"] = []string{strings.Join(restored, ", ")}
}
