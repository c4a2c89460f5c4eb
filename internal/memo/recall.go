package memo

import (
	"hash/maphash"
	"slices"

	"github.com/mamen-ai/consentgate/internal/contentcoding"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

// recall passes a segment as it was passed before.
func (p *Page) recall(piece []byte, s *segment) error {
	for i := range s.sights {
		s.sights[i].tell(p.witness.Observer)
	}
	p.recalled += len(piece)
	if err := p.edit(piece, s); err != nil {
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
func (p *Page) edit(piece []byte, s *segment) error {
	at := 0
	for i := 0; i < len(s.edits); i++ {
		edit := s.edits[i]
		if _, err := p.out.Write(piece[at:edit.Offset]); err != nil {
			return err
		}
		at = edit.Offset
		var err error
		switch edit.Into {
		case htmlstream.IntoHead:
			err = p.out.Insert(p.elements.Head())
			if middle, end := p.middle(piece, s, i); middle != nil && err == nil {
				err = p.out.WritePiece(middle)
				i, at = end-1, s.edits[end].Offset
			}
		case htmlstream.IntoBody:
			err = p.out.Insert(p.elements.Body([]byte(edit.Text)))
		default:
			_, err = p.out.WriteString(edit.Text)
		}
		if err != nil {
			return err
		}
	}
	_, err := p.out.Write(piece[at:])
	return err
}

// middle returns what comes out of an opening between head, which is the given edit, and
// body, and the edit that is body, where that is worth being compressed once.
func (p *Page) middle(piece []byte, s *segment, head int) (middle *contentcoding.Piece, body int) {
	body = slices.IndexFunc(s.edits, func(e htmlstream.Edit) bool { return e.Into == htmlstream.IntoBody })
	if p.out.pieces == nil || body < 0 {
		return nil, 0
	}
	if known := s.middle.Load(); known != nil {
		return known, body
	}
	at := s.edits[head].Offset
	size := s.edits[body].Offset - at
	for _, edit := range s.edits[head+1 : body] {
		size += len(edit.Text)
	}
	if size < minMiddle || size > maxMiddle || !p.memory.grow(weightOfMiddle(size)) {
		return nil, 0
	}
	text := make([]byte, 0, size)
	for _, edit := range s.edits[head+1 : body] {
		text = append(append(text, piece[at:edit.Offset]...), edit.Text...)
		at = edit.Offset
	}
	text = append(text, piece[at:s.edits[body].Offset]...)
	middle = contentcoding.NewLightPiece(text)
	s.middle.Store(middle)
	return middle, body
}

// enterBody ends the opening.
func (p *Page) enterBody() {
	p.context, _ = p.elements.Context()
	p.window = bodyWindow
	p.key.part, p.key.path = inBody, maphash.String(p.memory.seed, p.context.Path)
}
