package module

import "runtime/debug"

// modulePath is the path under which a build knows consentgate.
const modulePath = "github.com/mamen-ai/consentgate"

// release is the version that the linker of a release writes here
// (deploy/release).
var release string

// version is the version of consentgate in this build, "(devel)" for one from a
// working tree. A record says by which version it was made.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if info.Main.Path == modulePath {
		return info.Main.Version
	}
	for _, dependency := range info.Deps {
		if dependency.Path == modulePath {
			return dependency.Version
		}
	}
	return "unknown"
}
