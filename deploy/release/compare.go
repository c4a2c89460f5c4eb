package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// compare builds each binary here, with the user's build cache, and in a copy of the
// sources elsewhere with an empty one, and reports one that differs.
func compare(r release, list []string) error {
	scratch, err := os.MkdirTemp("", "consentgate-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	copied, cache := filepath.Join(scratch, "sources"), filepath.Join(scratch, "cache")
	if err := copySources(".", copied); err != nil {
		return err
	}
	for _, platform := range list {
		first, err := r.build(".", platform, filepath.Join(scratch, "first"))
		if err != nil {
			return err
		}
		second, err := r.build(copied, platform, filepath.Join(scratch, "second"), "GOCACHE="+cache)
		if err != nil {
			return err
		}
		sum, err := same(first, second)
		if err != nil {
			return err
		}
		fmt.Printf("%s  %s, the same from two folders\n", sum, filepath.Base(first))
	}
	return nil
}

// same returns the SHA-256 of two files, or an error if they differ.
func same(first, second string) (string, error) {
	one, err := sumOf(first)
	if err != nil {
		return "", err
	}
	two, err := sumOf(second)
	if err != nil {
		return "", err
	}
	if one != two {
		return "", fmt.Errorf("%s differs when it is built elsewhere: %s, then %s", filepath.Base(first), one, two)
	}
	return one, nil
}

// copySources copies what Git tracks, as it is in the working tree.
func copySources(from, to string) error {
	command := exec.Command("git", "ls-files", "-z")
	command.Dir = from
	names, err := command.Output()
	if err != nil {
		return fmt.Errorf("listing the sources with git: %w", err)
	}
	for _, name := range strings.Split(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		raw, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, raw, 0o644); err != nil {
			return err
		}
	}
	return nil
}
