// Package mounttest gives a test small and read-only file systems of its own, so
// that a full disk is a full disk. It runs the test again in a mount namespace
// that nobody else sees (mount_namespaces(7)), for which one needn't be root where
// users may make namespaces (user_namespaces(7)).
package mounttest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

const variable = "CONSENTGATE_TEST_MOUNTS"

// Run runs the body of the calling test, which must be a top-level one, in a
// process of its own with mounts of its own. Settings are added to its
// environment.
func Run(t *testing.T, body func(t *testing.T), settings ...string) {
	t.Helper()
	if os.Getenv(variable) == t.Name() {
		// What is mounted here must not appear outside.
		if err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
			t.Fatalf("making the mounts private: %v", err)
		}
		body(t)
		return
	}
	output, err := again(t, settings, syscall.CLONE_NEWNS)
	if errors.Is(err, syscall.EPERM) {
		output, err = again(t, settings, syscall.CLONE_NEWNS|syscall.CLONE_NEWUSER)
	}
	if errors.Is(err, syscall.EPERM) {
		t.Fatalf("the test mounts a file system and may not: run it as root, or let users make namespaces (sysctl kernel.unprivileged_userns_clone=1, "+
			"kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces): %v", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if !strings.Contains(output, "--- PASS: "+t.Name()+" ") {
		t.Fatalf("the test didn't run in its own process:\n%s", output)
	}
	t.Log(output)
}

func again(t *testing.T, settings []string, flags uintptr) (string, error) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), binary, "-test.v", "-test.run=^"+regexp.QuoteMeta(t.Name())+"$")
	command.Env = append(append(os.Environ(), settings...), variable+"="+t.Name())
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags}
	if flags&syscall.CLONE_NEWUSER != 0 {
		command.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		command.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	err = command.Run()
	return output.String(), err
}

// Disk is a small file system.
type Disk struct {
	t   *testing.T
	Dir string
}

// NewDisk mounts a file system of so many KiB on an empty directory until the
// test ends.
func NewDisk(t *testing.T, dir string, kib int) *Disk {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk,mode=0700", kib)); err != nil {
		t.Fatalf("mounting a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return &Disk{t, dir}
}

// SetReadOnly mounts the file system for reading only, or for writing again. No
// file of it may be open for writing.
func (d *Disk) SetReadOnly(readOnly bool) {
	d.t.Helper()
	flags := uintptr(syscall.MS_REMOUNT | syscall.MS_BIND)
	if readOnly {
		flags |= syscall.MS_RDONLY
	}
	if err := syscall.Mount("none", d.Dir, "", flags, ""); err != nil {
		d.t.Fatalf("remounting: %v", err)
	}
}

func (d *Disk) filler() string { return filepath.Join(d.Dir, "filler") }

// Fill leaves no room for a single block.
func (d *Disk) Fill() {
	d.t.Helper()
	file, err := os.OpenFile(d.filler(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer file.Close()
	for block := make([]byte, 4096); ; {
		if _, err := file.Write(block); errors.Is(err, syscall.ENOSPC) {
			return
		} else if err != nil {
			d.t.Fatal(err)
		}
	}
}

// Free gives back what Fill took.
func (d *Disk) Free() {
	d.t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		d.t.Fatal(err)
	}
}
