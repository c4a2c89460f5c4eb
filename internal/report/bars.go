package report

// The frame of a plot with a line for each name.
const (
	barsLeft  = 190
	barsRight = 640
	barsLine  = 24
)

// bars plots counts by name, one below the other.
func bars(title string, list []Count) figure {
	f := figure{Title: title, Width: figureWidth, Height: len(list)*barsLine + 12}
	most := int64(1)
	for _, c := range list {
		most = max(most, c.Count)
	}
	for i, c := range list {
		y := 6 + i*barsLine
		width := max(int(float64(barsRight-barsLeft)*float64(c.Count)/float64(most)), 1)
		f.Bars = append(f.Bars, bar{barsLeft, y, width, barsLine - 8, "held", c.Name + ": " + grouped(c.Count)})
		f.text(barsLeft-10, y+13, "end", "tick", c.Name)
		f.text(barsLeft+width+8, y+13, "start", "tick", grouped(c.Count))
	}
	return f
}
