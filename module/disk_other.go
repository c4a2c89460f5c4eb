//go:build !linux && !darwin && !windows

package module

import "errors"

// freeBytes isn't known here.
func freeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }
