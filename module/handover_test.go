package module_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// reload has Caddy run a configuration, or go on with the one before when it fails,
// and waits until one server alone listens on each of the edge's ports: Caddy opens
// a socket beside the old one before it closes that, and Linux resets the
// connections that wait at a socket when it is closed.
func (e *edge) reload(config []byte) error {
	e.t.Helper()
	err := caddy.Load(config, true)
	if runtime.GOOS != "linux" {
		return err
	}
	_, admin, _ := strings.Cut(e.admin, ":")
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for e.listening(e.port) > 1 || e.listening(admin) > 1 {
		select {
		case <-ticker.C:
		case <-e.t.Context().Done():
			e.t.Fatal("an old server goes on listening")
		}
	}
	return err
}

// listening counts the sockets that listen on a port of the edge (proc_net_tcp(5)).
func (e *edge) listening(port string) int {
	e.t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		e.t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		e.t.Fatal(err)
	}
	ip := netip.MustParseAddr(e.ip).As4()
	const listen = "0A"
	socket := fmt.Sprintf(" %08X:%04X 00000000:0000 %s ", binary.NativeEndian.Uint32(ip[:]), number, listen)
	return strings.Count(string(table), socket)
}
