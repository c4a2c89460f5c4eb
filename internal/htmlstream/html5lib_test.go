package htmlstream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// tokenizerCase is a case of html5lib-tests' tokenizer.
type tokenizerCase struct {
	Description   string
	Input         string
	Output        []any
	InitialStates []string
	LastStartTag  string
	DoubleEscaped bool
}

// tokenizerCases reads the files that html5lib/fetch has fetched.
func tokenizerCases(t *testing.T) (cases []tokenizerCase) {
	t.Helper()
	script, err := os.ReadFile("html5lib/fetch")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	hash := regexp.MustCompile(`(?m)^hash=(\w+)$`).FindSubmatch(script)[1]
	files, err := filepath.Glob(filepath.Join(cache, "consentgate/html5lib", string(hash), "*.test"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the cases of the tokenizer are missing: \"make tools\" fetches them (%v)", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var list struct{ Tests []tokenizerCase }
		if err := json.Unmarshal(text, &list); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		cases = append(cases, list.Tests...)
	}
	return cases
}

// unescape undoes what a double escaped case does to its texts.
func unescape(text string) string {
	return regexp.MustCompile(`\\u[0-9A-Fa-f]{4}`).ReplaceAllStringFunc(text, func(escape string) string {
		code, _ := strconv.ParseUint(escape[2:], 16, 32)
		return string(rune(code))
	})
}

// startTagsOf returns the start tags of the expected output, in the form of allTags.
func (c tokenizerCase) startTagsOf() (tags []string) {
	for _, token := range c.Output {
		parts, ok := token.([]any)
		if !ok || parts[0] != "StartTag" {
			continue
		}
		text := func(s string) string {
			if c.DoubleEscaped {
				return unescape(s)
			}
			return s
		}
		attributes := map[string]string{}
		for name, value := range parts[2].(map[string]any) {
			attributes[text(name)] = text(value.(string))
		}
		tags = append(tags, describe(text(parts[1].(string)), attributes))
	}
	return tags
}

// reportAll has the scanner report the start tags of every element.
func reportAll(t *testing.T) {
	all := []*element{&unknown}
	for i := range elements {
		if e := elements[i].element; e != nil {
			all = append(all, e)
		}
	}
	for _, e := range all {
		before := e.traits
		e.traits = e.traits&^(reportedWithPing|reportedWithBackground|reportedForeign) | reported
		t.Cleanup(func() { e.traits = before })
	}
}

// allTags returns the start tags that the scanner finds.
func allTags(t *testing.T, input string, cuts ...int) []string {
	t.Helper()
	h := &lister{}
	rewriteTo(t, new(bytes.Buffer), []byte(input), h, cuts...)
	return h.tags
}

// openings lead the tokenizer to the states in which cases begin.
var openings = map[string]string{
	"Data state": "", "PLAINTEXT state": "<plaintext>", "RCDATA state": "<%s>", "RAWTEXT state": "<%s>", "Script data state": "<%s>",
	"CDATA section state": "<svg><![CDATA[",
}

// The start tags, with all their attributes, are those that html5lib-tests expect,
// wherever the input is cut.
func TestStartTagsOfHTML5Lib(t *testing.T) {
	reportAll(t)
	compared := 0
	for _, c := range tokenizerCases(t) {
		if len(c.InitialStates) == 0 {
			c.InitialStates = []string{"Data state"}
		}
		if c.DoubleEscaped {
			c.Input = unescape(c.Input)
		}
		if !strings.Contains(c.Input, "<") {
			continue // character references of texts
		}
		want := c.startTagsOf()
		for _, state := range c.InitialStates {
			opening, known := openings[state]
			if !known {
				t.Fatalf("%s: no way to the %s", c.Description, state)
			}
			if strings.Contains(opening, "%s") {
				opening = fmt.Sprintf(opening, c.LastStartTag)
			}
			input := opening + c.Input
			first := allTags(t, input)
			// What the opening itself holds.
			got := first
			if opening != "" && len(got) > 0 {
				got = got[1:]
			}
			compared++
			if !slices.Equal(got, want) {
				t.Errorf("%s (%s): %q has the start tags\n%q, want\n%q", c.Description, state, input, got, want)
			}
			for cut := range input {
				if at := allTags(t, input, cut); !slices.Equal(at, first) {
					t.Errorf("%s (%s): %q cut at %d has the start tags\n%q, whole\n%q", c.Description, state, input, cut, at, first)
				}
			}
		}
	}
	t.Logf("%d cases compared", compared)
}

// treeInputs returns the inputs of html5lib-tests' tree construction, which come with
// x/net/html.
func treeInputs(t *testing.T) (inputs []string) {
	t.Helper()
	module, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/net").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(module)), "html/testdata/html5lib-tests/tree-construction/*.dat"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range strings.Split("\n"+string(text), "\n#data\n")[1:] {
			input, _, _ := strings.Cut(c, "\n#errors")
			inputs = append(inputs, input)
		}
	}
	return inputs
}

// Edits change nothing in the tree of html5lib-tests' documents but what they are to
// change, wherever the document is cut.
func TestTreesOfHTML5Lib(t *testing.T) {
	t.Parallel()
	inputs := treeInputs(t)
	for _, input := range inputs {
		output := string(rewriteCut(t, []byte(input), editing()))
		if removeInserted(output) != input {
			t.Errorf("%q became %q", input, output)
		}
		parseAgrees(t, input, output)
		xnetAgrees(t, []byte(input))
		for cut := range input {
			if got := rewriteTo(t, new(bytes.Buffer), []byte(input), editing(), cut).String(); got != output {
				t.Errorf("%q cut at %d became %q, whole %q", input, cut, got, output)
			}
		}
	}
	t.Logf("%d documents compared", len(inputs))
}
