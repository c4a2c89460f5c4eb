package leaks

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// insideVariable tells a process that it is the one in the namespaces.
const insideVariable = "CONSENTGATE_LEAKS_INSIDE"

// reexecute runs this test binary again in network and mount namespaces of its
// own (namespaces(7)), with a user namespace around them where the caller isn't
// root. It returns the exit code of the tests.
func reexecute(dir string) (code int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 1, err
	}
	command := exec.Command(self, os.Args[1:]...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.Env = append(os.Environ(), insideVariable+"="+dir)
	attributes := &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
		Pdeathsig:  syscall.SIGKILL,
	}
	if os.Geteuid() != 0 {
		attributes.Cloneflags |= syscall.CLONE_NEWUSER
		attributes.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		attributes.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	command.SysProcAttr = attributes
	err = command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, fmt.Errorf("starting the tests in namespaces of their own (the kernel must allow them; in a container: CAP_SYS_ADMIN or user namespaces): %w", err)
	}
	return 0, nil
}

// furnish makes the fresh namespaces fit for the lab: the loopback interface is
// up and every name is looked up at the lab's own server.
func furnish(dir string) error {
	if err := raiseLoopback(); err != nil {
		return fmt.Errorf("raising the loopback interface: %w", err)
	}
	// What is mounted here must not be seen outside (mount_namespaces(7)).
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making mounts private: %w", err)
	}
	for path, text := range map[string]string{
		"/etc/resolv.conf":   "nameserver " + resolverAddress + "\noptions timeout:2 attempts:2\n",
		"/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
		"/etc/hosts":         "127.0.0.1 localhost\n",
	} {
		target, err := filepath.EvalSymlinks(path)
		if err != nil {
			return err
		}
		source := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
			return err
		}
		if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mounting an own %s: %w", path, err)
		}
	}
	return nil
}

// ownAddress is one that isn't of the loopback network: the C library looks names
// up only for hosts that have one (AI_ADDRCONFIG, getaddrinfo(3)).
var ownAddress = []byte{192, 0, 2, 1} // RFC 5737

// raiseLoopback sets the flag IFF_UP and gives the interface another address
// (netdevice(7)).
func raiseLoopback() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	loopback, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	loopback.SetUint16(unix.IFF_UP | unix.IFF_LOOPBACK | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, loopback); err != nil {
		return err
	}
	alias, err := unix.NewIfreq("lo:0")
	if err != nil {
		return err
	}
	if err := alias.SetInet4Addr(ownAddress); err != nil {
		return err
	}
	return unix.IoctlIfreq(socket, unix.SIOCSIFADDR, alias)
}
