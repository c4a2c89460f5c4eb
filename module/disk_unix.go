//go:build linux || darwin

package module

import "golang.org/x/sys/unix"

// freeBytes returns how much an unprivileged process may still write to the file
// system on which the directory lies.
func freeBytes(dir string) (uint64, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return 0, err
	}
	return stat.Bavail * uint64(stat.Bsize), nil
}
