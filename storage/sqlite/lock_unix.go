//go:build !windows

package sqlite

import (
	"errors"
	"os"
	"syscall"
)

// lockFile takes the exclusive lock on the named file, which the operating
// system releases when the process ends, however it ends. It returns errInUse
// when another holder, in this process or another, has it.
func lockFile(name string) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil && stillThere(file) {
		return file, nil
	}
	file.Close()
	if err == nil {
		return lockFile(name)
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errInUse
	}
	return nil, &os.PathError{Op: "flock", Path: name, Err: err}
}

// stillThere reports whether the file is the one of its name: the holder before may
// have removed it between our opening and our locking it.
func stillThere(file *os.File) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(file.Name())
	return err == nil && os.SameFile(opened, named)
}

// removeLock removes a lock's file and then gives it back, so that nobody takes a
// lock whose file is about to go.
func removeLock(file *os.File) error { return errors.Join(os.Remove(file.Name()), file.Close()) }
