package sqlite

import (
	"errors"
	"os"
	"syscall"
)

// errorSharingViolation is ERROR_SHARING_VIOLATION of winerror.h, which package
// syscall doesn't name.
const errorSharingViolation = syscall.Errno(32)

// lockFile opens the named file without sharing it, which is a lock that ends
// with the process, however it ends. It returns errInUse when another holder, in
// this process or another, has it.
func lockFile(name string) (*os.File, error) {
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	const sharedWithNobody = 0
	handle, err := syscall.CreateFile(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE,
		sharedWithNobody, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errorSharingViolation) {
		return nil, errInUse
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(handle), name), nil
}

// removeLock gives a lock back and removes its file, which fails while somebody else
// has taken it: Windows removes no file that is open and not shared.
func removeLock(file *os.File) error { return errors.Join(file.Close(), os.Remove(file.Name())) }
