package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	_ "github.com/mamen-ai/consentgate/caddyfile"
)

const runbooks = "../docs/runbooks/"

// runbookURL is where a page lies for whoever has nothing but the alert.
const runbookURL = "https://github.com/mamen-ai/consentgate/blob/main/docs/runbooks/"

// runbookOf is the name of an alert's page: ConsentgateDiskLow has disk-low.md.
func runbookOf(alert string) string {
	words := regexp.MustCompile(`[A-Z][a-z]*`).FindAllString(strings.TrimPrefix(alert, "Consentgate"), -1)
	return strings.ToLower(strings.Join(words, "-")) + ".md"
}

func read(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestEachAlertHasItsRunbook pins that every alert leads to a page that says all
// five things, and that no page is left of an alert that is gone.
func TestEachAlertHasItsRunbook(t *testing.T) {
	var wanted []string
	for _, rule := range strings.Split(read(t, "prometheus/consentgate.rules.yml"), "- alert: ")[1:] {
		alert := strings.Fields(rule)[0]
		page := runbookOf(alert)
		wanted = append(wanted, page)
		if !strings.Contains(rule, "runbook_url: "+runbookURL+page+"\n") {
			t.Errorf("%s doesn't lead to %s", alert, page)
		}
		text := read(t, runbooks+page)
		if !strings.HasPrefix(text, "# "+alert+"\n") {
			t.Errorf("%s isn't about %s", page, alert)
		}
		after := 0
		for _, part := range []string{"\n## Who and what is touched\n", "\n## How to see it\n", "\n## How to mend it\n", "\n## When it is over\n"} {
			at := strings.Index(text, part)
			if at < after {
				t.Errorf("%s doesn't say %q, or not in its place", page, strings.TrimSpace(part))
			}
			after = at
		}
	}
	pages, err := filepath.Glob(runbooks + "*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if !slices.Contains(wanted, filepath.Base(page)) {
			t.Errorf("%s is the page of no alert", page)
		}
	}
}

// commands is the tree of what the binary can be told.
func commands(t *testing.T) *cobra.Command {
	t.Helper()
	root := &cobra.Command{Use: "consentgate"}
	for name, registered := range caddycmd.Commands() {
		command := &cobra.Command{Use: name}
		if registered.CobraFunc != nil {
			registered.CobraFunc(command)
		}
		if registered.Flags != nil {
			command.Flags().AddGoFlagSet(registered.Flags)
		}
		if !command.HasSubCommands() && command.Run == nil && command.RunE == nil {
			command.Run = func(*cobra.Command, []string) {}
		}
		root.AddCommand(command)
	}
	root.InitDefaultCompletionCmd() // Caddy adds it when it starts
	return root
}

// check returns why the binary would refuse a command, or nil.
func check(root *cobra.Command, line string) error {
	found, rest, err := root.Find(strings.Fields(line)[1:])
	if err != nil {
		return err
	}
	if !found.Runnable() {
		return fmt.Errorf("%q does nothing by itself", found.CommandPath())
	}
	if err := found.ParseFlags(rest); err != nil {
		return err
	}
	defer func() { found.Flags().VisitAll(func(f *pflag.Flag) { f.Changed = false }) }()
	return found.ValidateArgs(found.Flags().Args())
}

// TestCommandsOfRunbooksExist pins that whoever is woken up can type what the page
// and the alert say, and that links lead somewhere.
func TestCommandsOfRunbooksExist(t *testing.T) {
	root := commands(t)
	for _, wrong := range []string{"consentgate consent purgee", "consentgate consent purge --all", "consentgate consent export", "consentgate frobnicate"} {
		if check(root, wrong) == nil {
			t.Fatalf("%q passes for a command", wrong)
		}
	}
	files, err := filepath.Glob(runbooks + "*.md")
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile("(?m)^(consentgate .*)$|`(consentgate [^`]*)`|\"(consentgate [^\"]*)\"")
	link := regexp.MustCompile(`\]\(([^)#]+)(?:#([^)]*))?\)`)
	for _, file := range append(files, "prometheus/consentgate.rules.yml") {
		text := read(t, file)
		found := quoted.FindAllStringSubmatch(regexp.MustCompile(`\n {12}`).ReplaceAllString(text, " "), -1)
		if strings.HasSuffix(file, ".md") && len(found) == 0 && !strings.Contains(text, "```sh") {
			t.Errorf("%s names no command", file)
		}
		for _, match := range found {
			if err := check(root, match[1]+match[2]+match[3]); err != nil {
				t.Errorf("%s: %q: %v", file, match[0], err)
			}
		}
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target := read(t, filepath.Join(filepath.Dir(file), match[1]))
			heading := strings.ReplaceAll(match[2], "-", "[ ,-]*")
			if match[2] != "" && !regexp.MustCompile(`(?mi)^#+ `+heading+`$`).MatchString(target) {
				t.Errorf("%s: %s has no heading %s", file, match[1], match[2])
			}
		}
	}
}

// anchors are what headings of a page can be linked by.
func anchors(page string) (list []string) {
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		words := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		list = append(list, strings.ReplaceAll(words, " ", "-"))
	}
	return list
}

// TestCommandsOfTheManualExist pins that every command of the documentation can be
// typed: what stands in its blocks of shell, and what is quoted with arguments.
func TestCommandsOfTheManualExist(t *testing.T) {
	root := commands(t)
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```sh\n(.*?)```")
	typed := regexp.MustCompile(`(?m)^(?:[A-Z_]+=\S+ )*(?:sudo )?(?:go run \./cmd/|\./)?(consentgate [^|>&;#\n]*)`)
	link := regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)
	quoted := regexp.MustCompile("`(?:consentgate )?(consent [a-z-]+ [^`…]*|(?:run|validate|reload|stop|adapt|version)(?: [^`…]*)?)`")
	values := strings.NewReplacer("NUMBER", "1", " N ", " 1 ")
	found := 0
	for _, page := range append(pages, "../README.md") {
		text := read(t, page)
		for _, shell := range block.FindAllStringSubmatch(text, -1) {
			for _, match := range typed.FindAllStringSubmatch(shell[1], -1) {
				found++
				line := strings.ReplaceAll(match[1], "$(date +%Y-%m)", "2026-11")
				if err := check(root, strings.TrimSpace(line)); err != nil {
					t.Errorf("%s: %q: %v", page, match[1], err)
				}
			}
		}
		for _, match := range quoted.FindAllStringSubmatch(block.ReplaceAllString(text, ""), -1) {
			found++
			if err := check(root, values.Replace("consentgate "+match[1])); err != nil {
				t.Errorf("%s: %q: %v", page, match[1], err)
			}
		}
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target := page
			if match[1] != "" {
				target = filepath.Join(filepath.Dir(page), match[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s leads to %s, which isn't there", page, match[1])
			} else if match[2] != "" && !slices.Contains(anchors(read(t, target)), match[2]) {
				t.Errorf("%s: %s has no heading %s", page, target, match[2])
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d commands were found", found)
	}
}

// TestEveryCommandShowsExamples pins that the help of each command that consentgate
// adds shows how it is typed, and that it can be typed like that.
func TestEveryCommandShowsExamples(t *testing.T) {
	root := commands(t)
	consent, _, err := root.Find([]string{"consent"})
	if err != nil {
		t.Fatal(err)
	}
	var each func(*cobra.Command)
	each = func(command *cobra.Command) {
		lines := strings.Split(strings.TrimSpace(command.Example), "\n")
		for _, line := range lines {
			line, _, _ = strings.Cut(strings.TrimSpace(line), " > ")
			if !strings.HasPrefix(line, command.CommandPath()) {
				t.Errorf("%q is no example of %s", line, command.CommandPath())
			} else if err := check(root, line); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
		for _, sub := range command.Commands() {
			each(sub)
		}
	}
	for _, sub := range consent.Commands() {
		each(sub)
	}
}

// TestRunbooksNameMetricsThatExist pins the names by which a page says how to see
// that it is over.
func TestRunbooksNameMetricsThatExist(t *testing.T) {
	exported := exportedMetrics(t)
	files, err := filepath.Glob(runbooks + "*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, name := range find(t, file, `\bconsentgate_([a-z_]+)`) {
			if !slices.Contains(exported, name) {
				t.Errorf("%s: consentgate_%s isn't a metric", file, name)
			}
		}
	}
}
