package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// filePrefix begins the names of all files that a store makes.
const filePrefix = "consentgate."

// ownDirectory makes the storage directory, or takes the rights on an existing
// one from other users. It refuses a directory in which they use something else,
// such as /tmp or the site's own files: narrowing it would break that. Windows
// has no such mode: a directory inherits the rights of the one it is in.
func (s *Store) ownDirectory(dir string) error {
	for parent := dir; absent(parent); parent = filepath.Dir(parent) {
		s.made = slices.Insert(s.made, 0, parent)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("%s can't be made, name another or make it yourself: %w", dir, err)
	}
	info, err := os.Stat(dir)
	if err != nil || runtime.GOOS == "windows" || !openToOthers(info) {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSticky != 0 || slices.ContainsFunc(entries, shared) {
		return fmt.Errorf("%s is open to other users (mode %04o), and so is what else is in it: "+
			"name a directory inside it, or take their rights away with chmod 0700", dir, info.Mode().Perm())
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("%s is open to other users (mode %04o): make the user that runs consentgate its owner, "+
			"or name another directory: %w", dir, info.Mode().Perm(), err)
	}
	s.logger.Warn("the storage directory was open to other users: its mode is 0700 now", "directory", dir,
		"was", fmt.Sprintf("%04o", info.Mode().Perm()))
	return nil
}

// absent reports whether there is nothing of that name.
func absent(name string) bool {
	_, err := os.Stat(name)
	return errors.Is(err, fs.ErrNotExist)
}

// shared reports whether other users may use an entry that isn't the store's.
func shared(entry fs.DirEntry) bool {
	info, err := entry.Info()
	return err == nil && !strings.HasPrefix(entry.Name(), filePrefix) && openToOthers(info)
}

// openToOthers reports whether users other than the owner have any rights.
func openToOthers(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }
