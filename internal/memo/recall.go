package memo

import (
	"hash/maphash"

	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

// recall passes a segment as it was passed before.
func (p *Page) recall(piece []byte, s *segment) error {
	for i := range s.sights {
		s.sights[i].tell(p.witness.Observer)
	}
	p.recalled += len(piece)
	if err := p.edit(piece, s.edits); err != nil {
		return err
	}
	if p.key.part != inBody {
		p.rewriter.Rest()
		p.enterBody()
	}
	return nil
}

// edit writes a segment with insertions. What goes into head and body isn't remembered:
// it is another one for another visitor.
func (p *Page) edit(piece []byte, edits []htmlstream.Edit) error {
	at := 0
	for _, edit := range edits {
		if _, err := p.out.Write(piece[at:edit.Offset]); err != nil {
			return err
		}
		var err error
		switch edit.Into {
		case htmlstream.IntoHead:
			err = p.out.Insert(p.elements.Head())
		case htmlstream.IntoBody:
			err = p.out.Insert(p.elements.Body([]byte(edit.Text)))
		default:
			_, err = p.out.WriteString(edit.Text)
		}
		if err != nil {
			return err
		}
		at = edit.Offset
	}
	_, err := p.out.Write(piece[at:])
	return err
}

// enterBody ends the opening.
func (p *Page) enterBody() {
	p.context, _ = p.elements.Context()
	p.window = bodyWindow
	p.key.part, p.key.path = inBody, maphash.String(p.memory.seed, p.context.Path)
}
