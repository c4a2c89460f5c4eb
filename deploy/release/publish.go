package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// publish writes a release into a folder: the binaries, the parts of each, the
// licences and the sums of all that.
func publish(r release, out string, list []string) error {
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	var modules []module
	for _, platform := range list {
		binary, err := r.build(".", platform, out)
		if err != nil {
			return err
		}
		info, err := buildinfo.ReadFile(binary)
		if err != nil {
			return err
		}
		sum, err := sumOf(binary)
		if err != nil {
			return err
		}
		parts := modulesOf(info)
		document, err := billOfMaterials(r, filepath.Base(binary), sum, info.GoVersion, parts)
		if err != nil {
			return err
		}
		if err := os.WriteFile(strings.TrimSuffix(binary, ".exe")+".cdx.json", document, 0o644); err != nil {
			return err
		}
		modules = append(modules, parts...)
		fmt.Println(binary)
	}
	text, err := licences(".", modules)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "LICENSES.txt"), text, 0o644); err != nil {
		return err
	}
	return writeSums(out)
}

// writeSums writes SHA256SUMS of a folder, as sha256sum --check reads it.
func writeSums(folder string) error {
	entries, err := os.ReadDir(folder) // sorted by name
	if err != nil {
		return err
	}
	var lines strings.Builder
	for _, entry := range entries {
		sum, err := sumOf(filepath.Join(folder, entry.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&lines, "%s  %s\n", sum, entry.Name())
	}
	return os.WriteFile(filepath.Join(folder, "SHA256SUMS"), []byte(lines.String()), 0o644)
}

// sumOf returns the SHA-256 of a file, in hexadecimal.
func sumOf(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
