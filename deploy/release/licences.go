package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// known are licences by words that only they have, the longer text first, with their
// identifiers at https://spdx.org/licenses/.
var known = []struct{ identifier, words string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MPL-2.0", "Mozilla Public License Version 2.0"},
	{"BSD-3-Clause", "may be used to endorse or promote products"},
	{"BSD-2-Clause", "Redistributions in binary form must reproduce the above copyright"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose"},
	{"ISC", "Permission to use, copy, modify, and distribute this software for any purpose"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"CC0-1.0", "CC0 1.0 Universal"},
	{"Unlicense", "This is free and unencumbered software released into the public domain"},
}

var (
	spaces      = regexp.MustCompile(`[\s,>]+`) // some quote it
	licenceFile = regexp.MustCompile(`(?i)^(licen[sc]e|copying|notice|patents|unlicense)([._-].*)?$`)
)

// identify returns the identifier of a licence's text, or "".
func identify(text string) string {
	words := strings.ToLower(spaces.ReplaceAllString(text, " "))
	for _, licence := range known {
		if strings.Contains(words, strings.ToLower(spaces.ReplaceAllString(licence.words, " "))) {
			return licence.identifier
		}
	}
	return ""
}

// licences returns the licences of Go and of all modules, as their authors want them
// to go with a binary: a list, then the texts. A module without a licence that is
// known is an error: somebody has to read it first.
func licences(root string, modules []module) ([]byte, error) {
	slices.SortFunc(modules, func(a, b module) int {
		return strings.Compare(a.Path+" "+a.Version, b.Path+" "+b.Version)
	})
	modules = slices.Compact(modules)
	folders, err := folders(root, modules)
	if err != nil {
		return nil, err
	}
	names := []string{"Go " + strings.TrimPrefix(runtime.Version(), "go")}
	for _, m := range modules {
		names = append(names, m.Path+" "+m.Version)
	}
	list, texts := bytes.Buffer{}, bytes.Buffer{}
	fmt.Fprintf(&list, "consentgate is under Apache-2.0. What is linked into it:\n\n")
	for i, name := range names {
		identifiers, text, err := licenceOf(folders[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(&list, "%-70s %s\n", name, strings.Join(identifiers, ", "))
		fmt.Fprintf(&texts, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 72), name, text)
	}
	return append(list.Bytes(), texts.Bytes()...), nil
}

// folders are those of Go and of the modules, in this order.
func folders(root string, modules []module) ([]string, error) {
	arguments := []string{"list", "-m", "-json"}
	for _, m := range modules {
		arguments = append(arguments, m.Path)
	}
	raw, err := output(root, arguments...)
	if err != nil {
		return nil, err
	}
	goRoot, err := output(root, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	byPath := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(raw)); ; {
		var m struct{ Path, Dir string }
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		byPath[m.Path] = m.Dir
	}
	list := []string{strings.TrimSpace(string(goRoot))}
	for _, m := range modules {
		list = append(list, byPath[m.Path])
	}
	return list, nil
}

func output(dir string, arguments ...string) ([]byte, error) {
	command := exec.Command("go", arguments...)
	command.Dir = dir
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", arguments[0], err)
	}
	return out, nil
}

// licenceOf returns the identifiers and texts of the licence files in a folder.
func licenceOf(folder string) (identifiers []string, text string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, "", err
	}
	var texts []string
	for _, entry := range entries {
		if entry.IsDir() || !licenceFile.MatchString(entry.Name()) || strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, "", err
		}
		texts = append(texts, strings.TrimSpace(string(raw)))
		if identifier := identify(string(raw)); identifier != "" && !slices.Contains(identifiers, identifier) {
			identifiers = append(identifiers, identifier)
		}
	}
	if len(identifiers) == 0 {
		return nil, "", fmt.Errorf("no licence that is known in %s: read it, and add it to deploy/release", folder)
	}
	return identifiers, strings.Join(texts, "\n\n"), nil
}
