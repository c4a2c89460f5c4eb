package asciijson

import (
	"encoding/json"
	"testing"
)

func TestMarshalIsSafeInAScriptElement(t *testing.T) {
	for value, want := range map[string]string{
		"plain":          `"plain"`,
		"</script><!-- ": `"\u003c/script\u003e\u003c!-- "`,
		"a&b":            `"a\u0026b"`,
		"é\u2028\x7f":    `"\u00e9\u2028\u007f"`,
		"Қазақ":          `"\u049a\u0430\u0437\u0430\u049b"`,
		"😀":              `"\ud83d\ude00"`,
	} {
		if got, err := Marshal(value); err != nil || string(got) != want {
			t.Errorf("%q: %s, %v; want %s", value, got, err, want)
		}
	}
	if _, err := Marshal(func() {}); err == nil {
		t.Error("a function is encoded")
	}
}

func FuzzMarshal(f *testing.F) {
	f.Add("</script>é😀\x00")
	f.Fuzz(func(t *testing.T, value string) {
		raw, err := Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range raw {
			if b >= 0x7f || b == '<' || b == '>' || b == '&' {
				t.Fatalf("%q: byte %q", raw, b)
			}
		}
		var got, want string
		plain, _ := json.Marshal(value)
		if json.Unmarshal(plain, &want) != nil || json.Unmarshal(raw, &got) != nil || got != want {
			t.Errorf("%q comes back as %q", value, got)
		}
	})
}
