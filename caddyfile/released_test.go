package caddyfile_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestReleasedConfigurationsLoad pins that whoever upgrades need not touch the
// configuration: the Caddyfiles and JSON of earlier releases, with every option
// and file they knew, are accepted and mean what they meant. What is in
// testdata/released is never changed; a release that adds options adds a folder.
func TestReleasedConfigurationsLoad(t *testing.T) {
	releases, err := filepath.Glob("testdata/released/*")
	if err != nil || len(releases) == 0 {
		t.Fatalf("no released configurations: %v", err)
	}
	for name, value := range map[string]string{
		"MATOMO_TOKEN": "f0e1d2c3", "POSTHOG_TOKEN": "phx_f0e1d2c3", "POSTHOG_URL": "https://posthog.example.kz",
	} {
		t.Setenv(name, value)
	}
	for _, release := range releases {
		t.Run(filepath.Base(release), func(t *testing.T) {
			dir, err := filepath.Abs(release)
			if err != nil {
				t.Fatal(err)
			}
			t.Setenv("TESTDATA", dir)
			t.Chdir(t.TempDir())
			read := func(name string) []byte {
				raw, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				return raw
			}
			config := read("config.json")
			if err := validate(t, config); err != nil {
				t.Errorf("the JSON: %v", err)
			}
			adapted, warnings, err := adapt(string(read("Caddyfile")), "Caddyfile")
			if err != nil || len(warnings) > 0 {
				t.Fatalf("the Caddyfile: %v, %v", warnings, err)
			}
			if err := validate(t, adapted); err != nil {
				t.Errorf("the Caddyfile: %v", err)
			}
			var before, now any
			for raw, v := range map[*any][]byte{&before: config, &now: adapted} {
				if err := json.Unmarshal(v, raw); err != nil {
					t.Fatal(err)
				}
			}
			for _, lost := range lacking(before, now, "") {
				t.Errorf("the Caddyfile no longer means %s", lost)
			}
			wantEmpty(t, ".")
		})
	}
}

// lacking lists what of an earlier JSON isn't the same in one of today, which may
// have more.
func lacking(before, now any, path string) (list []string) {
	switch before := before.(type) {
	case map[string]any:
		if now, ok := now.(map[string]any); ok {
			for key, value := range before {
				list = append(list, lacking(value, now[key], path+"/"+key)...)
			}
			return list
		}
	case []any:
		if now, ok := now.([]any); ok && len(now) == len(before) {
			for i, value := range before {
				list = append(list, lacking(value, now[i], fmt.Sprint(path, "/", i))...)
			}
			return list
		}
	default:
		if before == now {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s = %v, but %v", path, before, now)}
}
