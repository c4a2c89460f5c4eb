//go:build matrix

package leaks

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// firefox is Debian's Firefox ESR.
type firefox struct{}

func (firefox) String() string { return "Firefox ESR" }

// firefoxPolicies is where Debian's Firefox reads policies.json.
const firefoxPolicies = "/usr/lib/firefox-esr/distribution"

// firefoxPreferences are those that differ from a visitor's: nothing but what the
// pages do, and all of that.
var firefoxPreferences = map[string]any{
	"app.normandy.enabled":                              false,
	"app.update.enabled":                                false,
	"browser.aboutwelcome.enabled":                      false,
	"browser.safebrowsing.malware.enabled":              false,
	"browser.safebrowsing.phishing.enabled":             false,
	"browser.shell.checkDefaultBrowser":                 false,
	"browser.startup.homepage_override.mstone":          "ignore",
	"browser.tabs.warnOnClose":                          false,
	"datareporting.healthreport.uploadEnabled":          false,
	"datareporting.policy.dataSubmissionEnabled":        false,
	"dom.disable_open_during_load":                      false,
	"dom.ipc.processPrelaunch.enabled":                  false,
	"dom.popup_maximum":                                 1000,
	"dom.security.https_first":                          false,
	"dom.successive_dialog_time_limit":                  0,
	"extensions.getAddons.cache.enabled":                false,
	"extensions.systemAddon.update.enabled":             false,
	"media.autoplay.default":                            0,
	"media.peerconnection.ice.loopback":                 true,
	"media.peerconnection.ice.obfuscate_host_addresses": false,
	"network.captive-portal-service.enabled":            false,
	"network.connectivity-service.enabled":              false,
	"network.dns.disableIPv6":                           true,
	"network.trr.mode":                                  5, // no DNS over HTTPS, by choice
	"privacy.trackingprotection.enabled":                false,
	"services.settings.server":                          "data:,",
	"toolkit.telemetry.enabled":                         false,
	"toolkit.telemetry.server":                          "data:,",
}

func (firefox) start(t *testing.T, l *lab, url string) (end func()) {
	t.Helper()
	var preferences strings.Builder
	for _, name := range slices.Sorted(maps.Keys(firefoxPreferences)) {
		value, err := json.Marshal(firefoxPreferences[name])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&preferences, "user_pref(%q, %s);\n", name, value)
	}
	profile := t.TempDir()
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(preferences.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	l.trustInFirefox(t)
	return launch(t, "firefox-esr", "--headless", "--no-remote", "--profile", profile, url)
}

// trustInFirefox has Firefox trust the lab's authority. Its policies can be told
// it only in the directory of the program, so one of the lab's is mounted there,
// in the lab's namespace alone.
func (l *lab) trustInFirefox(t *testing.T) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"policies": map[string]any{
		"Certificates": map[string]any{"Install": []string{filepath.Join(l.dir, "authority.pem")}},
		"DNSOverHTTPS": map[string]any{"Enabled": false, "Locked": true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	target, err := filepath.EvalSymlinks(firefoxPolicies)
	if err != nil {
		t.Fatalf("where Debian's Firefox ESR reads its policies: %v", err)
	}
	source := filepath.Join(l.dir, "policies")
	if err := os.MkdirAll(source, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(source, "policies.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
		t.Fatalf("mounting policies for Firefox: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(target, unix.MNT_DETACH) })
}
