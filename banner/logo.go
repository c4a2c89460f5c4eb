package banner

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
)

const (
	maxLogo       = 8 << 10 // bytes: every undecided visitor's page carries it
	maxLogoPixels = 1024    // a side of a PNG
)

// logoURL returns the picture as a data: URL (RFC 2397), "" for no file. A picture
// of an img element runs no script and loads nothing, whatever its SVG says (SVG
// Integration, "secure static mode").
func logoURL(f File) (string, error) {
	if f.Name == "" {
		return "", nil
	}
	refuse := func(err error) (string, error) { return "", fmt.Errorf("logo %s: %w", f.Name, err) }
	if len(f.Body) > maxLogo {
		return refuse(fmt.Errorf("%d bytes: every page that asks carries it, so at most %d", len(f.Body), maxLogo))
	}
	if bytes.HasPrefix(f.Body, []byte("\x89PNG")) {
		size, err := png.DecodeConfig(bytes.NewReader(f.Body))
		if err != nil {
			return refuse(err)
		}
		if size.Width > maxLogoPixels || size.Height > maxLogoPixels {
			return refuse(fmt.Errorf("%d x %d pixels: at most %d a side", size.Width, size.Height, maxLogoPixels))
		}
		return "data:image/png;base64," + base64.StdEncoding.EncodeToString(f.Body), nil
	}
	if err := checkSVG(f.Body); err != nil {
		return refuse(err)
	}
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(f.Body), nil
}

var errPicture = errors.New("not a picture: use an SVG or a PNG")

// checkSVG wants a well-formed SVG that carries no script: it would never run, but
// a picture with one isn't what the operator meant.
func checkSVG(raw []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(raw))
	seen := false
	for {
		token, err := decoder.Token()
		if err == io.EOF && seen {
			return nil
		}
		if err != nil && seen {
			return fmt.Errorf("SVG: %w", err)
		}
		if err != nil {
			return errPicture
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch {
		case !seen && element.Name.Local != "svg":
			return errPicture
		case !seen && element.Name.Space != "http://www.w3.org/2000/svg":
			return errors.New(`SVG: its root needs xmlns="http://www.w3.org/2000/svg"`)
		case element.Name.Local == "script":
			return errors.New("SVG: it has a script")
		}
		seen = true
	}
}
