//go:build matrix

package leaks

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
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
	"network.connectivity-service.enabled":       false,
	"network.trr.mode":                           5,
	"services.settings.server":                   "https://localhost:1/",
	"toolkit.telemetry.enabled":                  false,
}

// firefoxPolicies is where Debian's package looks for policies of the machine.
const firefoxPolicies = "/usr/lib/firefox-esr/distribution"

var firefox = engine{"Firefox", func(t *testing.T, who *identity, address string) *exec.Cmd {
	policies := t.TempDir()
	raw, err := json.Marshal(map[string]any{"policies": map[string]any{
		"Certificates":         map[string]any{"Install": []string{who.authority}},
		"DisableAppUpdate":     true,
		"DisableTelemetry":     true,
		"OverrideFirstRunPage": "",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(policies, "policies.json"), raw, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(policies, firefoxPolicies, "", unix.MS_BIND, ""); err != nil {
		t.Fatalf("giving Firefox its policies: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(firefoxPolicies, unix.MNT_DETACH) })
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
	browser := exec.Command(tool(t, "firefox-esr"), "--headless", "--no-remote", "--profile", profile, address)
	browser.Env = append(os.Environ(), "HOME="+profile, "MOZ_CRASHREPORTER_DISABLE=1")
	return browser
}}
