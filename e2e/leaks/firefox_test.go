//go:build matrix

package leaks

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// firefoxPreferences keep Firefox from asking for anything of its own, and let pages
// open others.
var firefoxPreferences = map[string]any{
	"app.normandy.enabled":                       false,
	"browser.aboutwelcome.enabled":               false,
	"browser.safebrowsing.downloads.enabled":     false,
	"browser.safebrowsing.malware.enabled":       false,
	"browser.safebrowsing.phishing.enabled":      false,
	"browser.shell.checkDefaultBrowser":          false,
	"browser.startup.homepage_override.mstone":   "ignore",
	"browser.tabs.warnOnClose":                   false,
	"datareporting.policy.dataSubmissionEnabled": false,
	"dom.disable_open_during_load":               false,
	"dom.min_background_timeout_value":           4,
	"dom.popup_maximum":                          1000,
	"media.autoplay.default":                     0,
	"network.captive-portal-service.enabled":     false,
	"network.manage-offline-status":              false,
	"network.connectivity-service.enabled":       false,
	"network.trr.mode":                           5,
	"services.settings.server":                   "https://localhost:1/",
	"toolkit.telemetry.enabled":                  false,
}

// plugIn gives the network an interface beside loopback: without one the resolver
// finds that the machine has no addresses, and answers none (getaddrinfo(3),
// AI_ADDRCONFIG).
func plugIn(t *testing.T) {
	t.Helper()
	if _, err := net.InterfaceByName("lab0"); err == nil {
		return
	}
	for _, command := range []string{
		"link add lab0 type veth peer name lab1", "address add 10.0.0.1/24 dev lab0", "link set lab0 up", "link set lab1 up",
	} {
		if output, err := exec.Command(tool(t, "ip"), strings.Fields(command)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", command, err, output)
		}
	}
}

var firefox = engine{"Firefox", func(t *testing.T, who *identity, address string) *exec.Cmd {
	plugIn(t)
	profile := t.TempDir()
	var preferences strings.Builder
	for name, value := range firefoxPreferences {
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&preferences, "user_pref(%q, %s);\n", name, raw)
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(preferences.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range [][]string{
		{"-N", "--empty-password"},
		{"-A", "-n", "laboratory", "-t", "C,,", "-i", who.authority},
	} {
		command := exec.Command(tool(t, "certutil"), append(arguments, "-d", "sql:"+profile)...)
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("having Firefox trust the laboratory: %v: %s", err, output)
		}
	}
	browser := exec.Command(tool(t, "firefox-esr"), "--headless", "--no-remote", "--profile", profile, address)
	browser.Env = append(os.Environ(), "HOME="+profile, "MOZ_CRASHREPORTER_DISABLE=1")
	return browser
}}
