package memo

// Where the permit blocks nothing, nothing is inserted behind the beginning of the body.
// There p passes what comes as it came, in the pieces in which it came, and only looks
// what is in it.

// mayPass reports whether nothing more is to be inserted, and nothing that came is held.
func (p *Page) mayPass() bool {
	return !p.passing && p.resting && p.key.part == inBody && len(p.held) == 0 && p.context.Permit.Open()
}

// pass begins to pass what comes, rest first.
func (p *Page) pass(rest []byte) error {
	p.passing, p.growth = true, p.out.written-(p.read-len(rest))
	if _, err := p.out.Write(rest); err != nil {
		return err
	}
	if err := p.out.flush(); err != nil {
		return err
	}
	p.out.mute()
	return nil
}

// Growth returns by how many bytes the page is longer when it comes out than when it
// came, as soon as that is certain.
func (p *Page) Growth() (n int, certain bool) { return p.growth, p.passing }
