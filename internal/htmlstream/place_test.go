package htmlstream

import (
	"bytes"
	"slices"
	"testing"
)

// TestPlaces pins where head and body insertions go. "[H]" marks the head's,
// "[B lang]" the body's.
func TestPlaces(t *testing.T) {
	for _, test := range []struct{ name, input, want string }{
		{"all tags", "<!doctype html><html lang=ru><head><title>a</title></head><body class=x><p>", "<!doctype html><html lang=ru><head>[H]<title>a</title></head><body class=x>[B ru]<p>"},
		{"byte order mark, comments, white space", "\xEF\xBB\xBF <!-- a --> <!DOCTYPE html>\n<!-- b --><html>\n<head>\n</head>\n<body>", "\xEF\xBB\xBF <!-- a --> <!DOCTYPE html>\n<!-- b --><html>\n<head>[H]\n</head>\n<body>[B ]"},
		{"XML declaration", `<?xml version="1.0"?><!DOCTYPE html><html lang="ru"><head></head><body>`, `<?xml version="1.0"?><!DOCTYPE html><html lang="ru"><head>[H]</head><body>[B ru]`},
		{"XML declaration behind a byte order mark", "\xEF\xBB\xBF<?xml version='1.0'?><html><body>", "\xEF\xBB\xBF<?xml version='1.0'?><html>[H]<body>[B ]"},
		{"XML declaration alone", `<?xml version="1.0"?><p>`, `<?xml version="1.0"?><p>`},
		{"processing instructions", "<?><?php ?>\n<?xml-stylesheet href='a'?><!doctype html><p>", "<?><?php ?>\n<?xml-stylesheet href='a'?><!doctype html>[H][B ]<p>"},
		{"quoted language", `<html LANG='kk-Cyrl'><head><body>`, `<html LANG='kk-Cyrl'><head>[H]<body>[B kk-Cyrl]`},
		{"overlong language", `<html lang=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa><body>`, `<html lang=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa>[H]<body>[B ]`},
		{"first language", `<html><html lang=en><html lang=ru><body>`, `<html><html lang=en><html lang=ru>[H]<body>[B en]`},
		{"attributes that look like tags", `<html><head data="<body>"><body data='>'>`, `<html><head data="<body>">[H]<body data='>'>[B ]`},

		{"no head", "<!doctype html><title>a</title><body>", "<!doctype html>[H]<title>a</title><body>[B ]"},
		{"no head, script first", "<html><script src=x></script><body>", "<html>[H]<script src=x></script><body>[B ]"},
		{"no head and no title", "<html><body><p>", "<html>[H]<body>[B ]<p>"},
		{"head closed but not opened", "<html></head><body>", "<html>[H]</head><body>[B ]"},
		{"second head", "<html><head><head><body>", "<html><head>[H]<head><body>[B ]"},
		{"head after head content", "<html><meta charset=utf-8><head><body>", "<html>[H]<meta charset=utf-8><head><body>[B ]"},
		{"only a body tag", "<body>a", "[H]<body>[B ]a"},
		{"only a head tag", "<head></head>", "<head>[H]</head>[B ]"},

		{"no body", "<!doctype html><head><title>a</title></head>\n<p>", "<!doctype html><head>[H]<title>a</title></head>\n[B ]<p>"},
		{"no head and no body", "<!doctype html><p>", "<!doctype html>[H][B ]<p>"},
		{"text opens the body", "<!doctype html>\n text", "<!doctype html>\n [H][B ]text"},
		{"text after head content", "<!doctype html><title>a</title> text", "<!doctype html>[H]<title>a</title> [B ]text"},
		{"less-than as text", "<!doctype html>< b", "<!doctype html>[H][B ]< b"},
		{"svg opens the body", "<!doctype html><svg><title>", "<!doctype html>[H][B ]<svg><title>"},
		{"end tag of the body", "<html><head></head></body>", "<html><head>[H]</head>[B ]</body>"},
		{"end tag of the document", "<html></html>", "<html>[H][B ]</html>"},
		{"end tag br", "<html><head></br>", "<html><head>[H][B ]</br>"},
		{"other end tags are ignored", "<html></p><head></div><body>", "<html></p><head>[H]</div><body>[B ]"},
		{"head content after head", "<html><head></head><script></script><style></style><link><body>", "<html><head>[H]</head><script></script><style></style><link><body>[B ]"},
		{"noscript in head", "<html><head><noscript><img src=x></noscript><body>", "<html><head>[H]<noscript><img src=x></noscript><body>[B ]"},
		{"noscript without head", "<html><noscript></noscript><body>", "<html>[H]<noscript></noscript><body>[B ]"},
		{"noscript after head opens the body", "<html><head></head><noscript></noscript>", "<html><head>[H]</head>[B ]<noscript></noscript>"},
		{"end of input", "<!doctype html>", "<!doctype html>[H][B ]"},
		{"end of input in the head", "<head>", "<head>[H][B ]"},
		{"end of input in a tag", "<head><bod", "<head>[H][B ]<bod"},
		{"end of input in the body tag", "<head><body class='", "<head>[H][B ]<body class='"},
		{"end of input in a comment", "<head><!-- ", "<head>[H]<!-- "},
		{"end of input in a title", "<head><title>", "<head>[H]<title>"},
		{"end of input after less-than", "<!doctype html><", "<!doctype html>[H][B ]<"},

		{"body in a script", `<head><script>"<body>"</script><body>`, `<head>[H]<script>"<body>"</script><body>[B ]`},
		{"body in a comment", `<head><!--<body>--><body>`, `<head>[H]<!--<body>--><body>[B ]`},
		{"body in a title", `<head><title><body></title><body>`, `<head>[H]<title><body></title><body>[B ]`},
		{"template in the head", `<head><template><p>text<body></template><body>`, `<head>[H]<template><p>text<body></template><body>[B ]`},
		{"template in a template", `<head><template><template></template><p></template><p>`, `<head>[H]<template><template></template><p></template>[B ]<p>`},
		{"template in SVG in a template", `<head><template><svg><template></template></svg><p></template><p>`, `<head>[H]<template><svg><template></template></svg><p></template>[B ]<p>`},
		{"template never closed", `<head><template><p>`, `<head>[H]<template><p>`},
		{"template in noscript", `<head><noscript><template></noscript><body>`, `<head>[H]<noscript><template></noscript><body>[B ]`},
		{"second body", `<body><body>`, `[H]<body>[B ]<body>`},
		{"body in upper case", `<HTML><HEAD></HEAD><BODY>`, `<HTML><HEAD>[H]</HEAD><BODY>[B ]`},

		{"frameset has no body", "<html><head></head><frameset><frame src=x></frameset>", "<html><head>[H]</head><frameset><frame src=x></frameset>"},
		{"frameset without head", "<!doctype html><frameset><frame>", "<!doctype html>[H]<frameset><frame>"},

		{"fragment", "<p>a</p><html><head><body>", "<p>a</p><html><head><body>"},
		{"fragment with text first", "text<!doctype html><body>", "text<!doctype html><body>"},
		{"fragment with a script first", "<script></script><body>", "<script></script><body>"},
		{"fragment with an end tag first", "</p><html><body>", "</p><html><body>"},
		{"fragment of comments", " <!-- a --> ", " <!-- a --> "},
		{"fragment with half a byte order mark", "\xEF\xBB<html><body>", "\xEF\xBB<html><body>"},
		{"nothing", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, _ := rewrite(t, test.input, func() *recorder {
				return &recorder{head: "[H]", body: "[B %s]"}
			})
			if out != test.want {
				t.Errorf("%q\nbecame %q\nwant   %q", test.input, out, test.want)
			}
		})
	}
}

// TestPlacesOfWholeDocuments pins where the insertions go in documents that spare every
// tag that can be spared, at every split point.
func TestPlacesOfWholeDocuments(t *testing.T) {
	for _, test := range []struct{ input, want string }{
		{"<p>a</p>", "[H][B ]<p>a</p>"},
		{"text", "[H][B ]text"},
		{" \n text", " \n [H][B ]text"},
		{"<title>a</title><p>b", "[H]<title>a</title>[B ]<p>b"},
		{"<script>a</script>text", "[H]<script>a</script>[B ]text"},
		{"<meta charset=utf-8>", "[H]<meta charset=utf-8>[B ]"},
		{"</p><html lang=kk><head><body>", "</p><html lang=kk><head>[H]<body>[B kk]"},
		{"text<!doctype html><body>", "[H][B ]text<!doctype html><body>"},
		{"<frameset><frame src=x></frameset>", "[H]<frameset><frame src=x></frameset>"},
		{"<template><p></template><p>", "[H]<template><p></template>[B ]<p>"},
		{"<svg><title>", "[H][B ]<svg><title>"},
		{"\xEF\xBB\xBF<h1>a", "\xEF\xBB\xBF[H][B ]<h1>a"},
		{" <!-- a --> ", " <!-- a --> [H][B ]"},
		{"<?xml version='1.0'?><p>", "<?xml version='1.0'?>[H][B ]<p>"},
		{"", ""},
		// Two bytes of a letter that begins as a byte order mark does have gone out.
		{"\xEF\xBC\x81<p>", "\xEF\xBC\x81<p>"},
	} {
		for cut := range len(test.input) + 1 {
			var out bytes.Buffer
			r := NewRewriter(&out, &recorder{head: "[H]", body: "[B %s]"})
			r.Whole()
			for _, piece := range []string{test.input[:cut], test.input[cut:]} {
				if _, err := r.Write([]byte(piece)); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if out.String() != test.want {
				t.Errorf("%q cut at %d\nbecame %q\nwant   %q", test.input, cut, out.String(), test.want)
			}
		}
	}
}

// TestHeldScriptAtTheEnd pins that an unfinished script that is held swallows no
// insertion, because it would swallow it without the hold.
func TestHeldScriptAtTheEnd(t *testing.T) {
	const input = "<head><script>a"
	out, _ := rewrite(t, input, func() *recorder { return &recorder{body: "[B]", edit: true} })
	if out != input {
		t.Errorf("%q became %q", input, out)
	}
}

// TestNothingToInsert pins that a handler may want nothing in head and body.
func TestNothingToInsert(t *testing.T) {
	const input = "<!doctype html><p>"
	out, asked := rewrite(t, input, func() *recorder { return &recorder{} })
	if out != input || !slices.Equal(asked, []string{"head", "body "}) {
		t.Errorf("%q became %q, asked %q", input, out, asked)
	}
}

// TestUTF16 pins that documents in UTF-16 pass untouched and unasked.
func TestUTF16(t *testing.T) {
	for _, input := range []string{
		"\xFE\xFF<html><body><script src=tracker>",
		"\xFF\xFE<html><body><script src=tracker>",
	} {
		out, asked := rewrite(t, input, func() *recorder {
			return &recorder{head: "[H]", body: "[B]", edit: true}
		})
		if out != input || len(asked) > 0 {
			t.Errorf("%q became %q, asked %q", input, out, asked)
		}
	}
}
