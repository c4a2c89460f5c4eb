package banner

import (
	"strings"
	"testing"
)

// Policy 3.1.1: no biometric data is processed. Nothing the banner runs reads
// what a browser or its owner could be recognised by.
func TestScriptsReadNothingAPersonCouldBeRecognisedBy(t *testing.T) {
	b := newBanner(t, seed())
	scripts := map[string]string{"api": string(b.API(APIState{State: "undecided"})), "page": b.script}
	for _, lang := range b.Languages() {
		scripts["ask "+lang] = between(t, b.Ask(lang).HTML, "<script>", "</script>")
		scripts["control "+lang] = between(t, b.Control(lang).HTML, "<script>", "</script>")
	}
	for name, script := range scripts {
		for _, source := range []string{
			"canvas", "AudioContext", "WebGL", "userAgent", "plugins", "deviceMemory", "hardwareConcurrency", "getBattery",
			"mediaDevices", "devicemotion", "getTimezoneOffset", "document.fonts", "localStorage", "indexedDB",
		} {
			if strings.Contains(strings.ToLower(script), strings.ToLower(source)) {
				t.Errorf("%s uses %s", name, source)
			}
		}
	}
}
