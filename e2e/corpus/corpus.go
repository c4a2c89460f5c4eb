// Package corpus finds the real pages that tests hold the edge's output against.
//
// They come from the Debian packages that are listed beside this file; "make
// corpus" fetches them into the user's cache.
package corpus

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:embed packages
var packages []byte

// Pages lists the files of the corpus, and those of the directory that the
// environment variable CONSENTGATE_CORPUS names. The error says what to do when
// the corpus is missing.
func Pages() ([]string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	version := sha256.Sum256(packages)
	list, err := files(filepath.Join(cache, "consentgate", "corpus", hex.EncodeToString(version[:])[:12]))
	if err != nil {
		return nil, fmt.Errorf("the corpus is missing: \"make corpus\" fetches it (%w)", err)
	}
	own := os.Getenv("CONSENTGATE_CORPUS")
	if own == "" {
		return list, nil
	}
	further, err := files(own)
	if err != nil {
		return nil, fmt.Errorf("CONSENTGATE_CORPUS: %w", err)
	}
	return append(list, further...), nil
}

func files(dir string) (list []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && !strings.HasSuffix(path, ".gz") {
			list = append(list, path)
		}
		return err
	})
	return list, err
}
