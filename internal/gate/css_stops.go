package gate

import "bytes"

// cssStopBytes may begin something that matters in a style sheet, or end a name that
// does, where no string is a URL: most of most sheets lies between.
const cssStopBytes = "(@/\"'\\"

// cssStops finds them in a text. Of each it knows the next, so that the text is searched
// for each once, by the fastest means there is.
type cssStops struct {
	text []byte
	ends [len(cssStopBytes)]int // one behind the next of each; 0 before it's known
}

// after returns where the next of cssStopBytes is, at text[i] or behind it, or the text's
// end. i must not get less from call to call.
func (s *cssStops) after(i int) int {
	first := len(s.text)
	for k := range s.ends {
		if s.ends[k] <= i {
			s.ends[k] = len(s.text) + 1
			if n := bytes.IndexByte(s.text[i:], cssStopBytes[k]); n >= 0 {
				s.ends[k] = i + n + 1
			}
		}
		first = min(first, s.ends[k]-1)
	}
	return first
}
