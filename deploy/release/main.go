// Command release builds what is published: a binary for each platform, with its
// version, a list of its parts (CycloneDX), the licences of all parts, and SHA256SUMS.
// With -reproducible it builds each binary twice, from two folders, and compares
// them instead. It is run in the repository's root, with Go alone.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	version := flag.String("version", "", "the version to stamp, such as v1.2.3; letters, digits, dots, + and - only")
	out := flag.String("out", "dist", "the folder to write to; it is made anew")
	names := flag.String("platforms", strings.Join(platforms, ","), "what to build for, as OS/ARCH")
	reproducible := flag.Bool("reproducible", false, "builds from two folders and compares, instead of writing to the folder")
	flag.Parse()

	err := checkVersion(*version)
	if err == nil {
		r := release{Version: *version, Package: "./cmd/consentgate"}
		if list := strings.Split(*names, ","); *reproducible {
			err = compare(r, list)
		} else {
			err = publish(r, *out, list)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}
