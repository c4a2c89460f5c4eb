package catalogue

import "encoding/binary"

// squeeze returns the text as markers are compared: without white space and "\",
// with one kind of quotation mark.
func squeeze(text string) []byte {
	squeezed := make([]byte, len(text)+spare)
	squeezed = squeezed[:dense(squeezed, []byte(text))]
	for i, b := range squeezed {
		squeezed[i] = unquoted(b)
	}
	return squeezed
}

// unquoted returns the byte, or the one quotation mark that stands for all three.
func unquoted(b byte) byte {
	if b == '"' || b == '`' {
		return '\''
	}
	return b
}

// spellings returns the four bytes of a squeezed marker as a text may have them, as
// little-endian numbers.
func spellings(squeezed []byte) []uint32 {
	all := []uint32{binary.LittleEndian.Uint32(squeezed)}
	for i, b := range squeezed {
		if b != '\'' {
			continue
		}
		for _, known := range all {
			for _, other := range []uint32{'"', '`'} {
				all = append(all, known+(other-'\'')<<(8*i))
			}
		}
	}
	return all
}

// spare is by how many bytes the place for dense must be longer than the text.
const spare = 8

// dense writes the text without white space and "\" to a longer place and returns its
// length. No branch hangs on the text, because nothing in scripts tells where the next
// space comes.
func dense(to, text []byte) (n int) {
	for ; len(text) >= 8; text = text[8:] {
		in, out := (*[8]byte)(text), (*[8]byte)(to[n:])
		out[0] = in[0]
		i := kept[in[0]]
		out[i&7] = in[1]
		i += kept[in[1]]
		out[i&7] = in[2]
		i += kept[in[2]]
		out[i&7] = in[3]
		i += kept[in[3]]
		out[i&7] = in[4]
		i += kept[in[4]]
		out[i&7] = in[5]
		i += kept[in[5]]
		out[i&7] = in[6]
		i += kept[in[6]]
		out[i&7] = in[7]
		n += int(i + kept[in[7]])
	}
	for _, b := range text {
		to[n] = b
		n += int(kept[b])
	}
	return n
}

// kept tells, with 1, which bytes dense writes.
var kept = func() (kept [256]uint8) {
	for b := range kept {
		switch b {
		case ' ', '\t', '\n', '\r', '\f', '\v', '\\':
		default:
			kept[b] = 1
		}
	}
	return kept
}()
