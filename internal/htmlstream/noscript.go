package htmlstream

// noscript is an open noscript element. With JavaScript its content is raw
// text, without it is markup. Its end is found as raw text, its inside is
// scanned as markup, and nothing is inserted there that could begin markup, so that both
// readings survive.
type noscript struct {
	open  bool
	end   terminator
	depth int // of the namespaces around it
}

func (r *Rewriter) enterNoscript() {
	r.noscript = noscript{open: true, end: terminator{name: "noscript"}, depth: r.spaces.depth}
}

// scanNoscript reads p from i on, up to the end of the noscript element or the
// end of p. The terminator is read as markup too, which is harmless: without a
// ">" it can't complete a tag.
func (r *Rewriter) scanNoscript(p []byte, i int) int {
	end, found := r.noscript.end.find(p, i)
	if !found {
		return r.scan(p, i)
	}
	r.scan(p[:end], i)
	if r.styling {
		r.showStyle(end, 0)
	}
	r.limitHold(end)
	r.noscript.open = false
	r.spaces.depth, r.spaces.beyond = r.noscript.depth, 0
	r.state = r.closeRawText()
	return end
}
