package module

import "golang.org/x/sys/windows"

// freeBytes returns how much the process may still write to the volume on which the
// directory lies.
func freeBytes(dir string) (free uint64, err error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	err = windows.GetDiskFreeSpaceEx(path, &free, nil, nil)
	return free, err
}
