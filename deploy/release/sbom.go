package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"runtime/debug"
	"slices"
	"strings"
)

// module is a Go module that is linked into a binary.
type module struct {
	Path, Version string
	Sum           string // of go.sum: "h1:" and base64
}

// modulesOf returns the modules of a binary, without the main one, sorted by path.
func modulesOf(info *debug.BuildInfo) []module {
	var list []module
	for _, dependency := range info.Deps {
		if dependency.Replace != nil {
			dependency = dependency.Replace
		}
		list = append(list, module{dependency.Path, dependency.Version, dependency.Sum})
	}
	slices.SortFunc(list, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// hexadecimal returns the SHA-256 in a sum of go.sum, or "" for any other kind. It is
// the sum of the module's list of files and their sums (golang.org/x/mod/sumdb/dirhash).
func hexadecimal(sum string) string {
	text, isHash1 := strings.CutPrefix(sum, "h1:")
	raw, err := base64.StdEncoding.DecodeString(text)
	if !isHash1 || err != nil {
		return ""
	}
	return hex.EncodeToString(raw)
}

// The parts of CycloneDX 1.6 that are used (ECMA-424).
type (
	bill struct {
		Schema       string       `json:"$schema"`
		BOMFormat    string       `json:"bomFormat"`
		SpecVersion  string       `json:"specVersion"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	metadata struct {
		Component component `json:"component"`
	}
	component struct {
		Type    string `json:"type"`
		Ref     string `json:"bom-ref"`
		Name    string `json:"name"`
		Version string `json:"version"`
		URL     string `json:"purl"`
		Hashes  []hash `json:"hashes,omitempty"`
	}
	hash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	dependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn"`
	}
)

// billOfMaterials returns the parts of a binary as CycloneDX. It has neither a time
// nor a serial number, so that it is reproducible too.
func billOfMaterials(r release, file, sum, goVersion string, modules []module) ([]byte, error) {
	const path = "github.com/mamen-ai/consentgate"
	main := newComponent("application", path, r.Version, sum)
	main.Name = file
	b := bill{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", BOMFormat: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Metadata:   metadata{main},
		Components: []component{newComponent("library", "std", strings.TrimPrefix(goVersion, "go"), "")},
	}
	for _, m := range modules {
		b.Components = append(b.Components, newComponent("library", m.Path, m.Version, hexadecimal(m.Sum)))
	}
	uses := dependency{Ref: main.Ref}
	for _, c := range b.Components {
		uses.DependsOn = append(uses.DependsOn, c.Ref)
	}
	b.Dependencies = []dependency{uses}
	document, err := json.MarshalIndent(b, "", "  ")
	return append(document, '\n'), err
}

// newComponent names a module by its package URL (ECMA-427, type golang).
func newComponent(kind, path, version, sum string) component {
	url := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
	c := component{Type: kind, Ref: url, Name: path, Version: version, URL: url}
	if sum != "" {
		c.Hashes = []hash{{"SHA-256", sum}}
	}
	return c
}
