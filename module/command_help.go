package module

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mamen-ai/consentgate/internal/report"
	"github.com/mamen-ai/consentgate/storage"
)

// examples are shown by the help of each command, without the program's name. The
// commands of a group are named with it.
var examples = map[string][]string{
	"status":         {"status", "status --json"},
	"ready":          {"ready", "ready --address localhost:2019"},
	"inventory":      {"inventory", "inventory --caddyfile"},
	"verify":         {"verify", "verify --checkpoint 2026-10.txt"},
	"purge":          {"purge --dry-run", "purge"},
	"export":         {"export 5f0c9a1e4b7d4c2f8a6b3d5e7f901234"},
	"erase":          {"erase 5f0c9a1e4b7d4c2f8a6b3d5e7f901234"},
	"checkpoint":     {"checkpoint > 2026-10.txt"},
	"document":       {"document", "document e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	"backup":         {"backup /srv/backup/consent.db", "backup --list", "backup --destroyed 3"},
	"keys":           {"keys", "keys --json"},
	"rotate-keys":    {"rotate-keys", "rotate-keys --revoke"},
	"request":        {"request list"},
	"request add":    {"request add --received 2026-03-19 --kind access --by letter --id 5f0c9a1e4b7d4c2f8a6b3d5e7f901234"},
	"request list":   {"request list", "request list --all"},
	"request close":  {"request close 3 --result fulfilled"},
	"catalogue":      {"catalogue", "catalogue matomo"},
	"report":         {"report", "report --month 2026-10 --html > 2026-10.html"},
	"page":           {"page", "page --html --lang ru > page.html"},
	"verify-receipt": {"verify-receipt receipt.json"},
}

// help gives every command its examples, and completes its arguments and flags. No
// consent ID is completed: it would show whom the records are about.
func help(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		help(sub)
	}
	var path []string
	for c := cmd; c.HasParent() && c.Name() != "consent"; c = c.Parent() {
		path = append([]string{c.Name()}, path...)
	}
	for i, example := range examples[strings.Join(path, " ")] {
		if i > 0 {
			cmd.Example += "\n"
		}
		cmd.Example += "  consentgate consent " + example
	}
	complete(cmd, strings.Join(path, " "))
}

// complete names what may stand after a command and its flags. Where nothing does, no
// file is offered.
func complete(cmd *cobra.Command, path string) {
	switch path {
	case "verify-receipt", "backup": // a file
	case "catalogue":
		cmd.ValidArgsFunction = first(func(*cobra.Command) []string {
			services, err := (&Handler{}).known()
			if err != nil {
				return nil
			}
			return ids(services)
		})
	case "request close":
		cmd.ValidArgsFunction = first(openRequests)
	default:
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	for flag, words := range map[string][]string{
		"address": nil, "received": nil, "id": nil, "month": nil, "listen": nil, "destroyed": nil, "key": nil,
		"kind": phrases(storage.RequestKinds()), "by": phrases(storage.Channels()), "result": phrases(storage.RequestResults()),
		"lang": report.Languages(),
	} {
		if cmd.LocalNonPersistentFlags().Lookup(flag) != nil || cmd.PersistentFlags().Lookup(flag) != nil {
			// The only error is that a flag has its completion already.
			_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
		}
	}
}

// first completes the first argument, and none after it.
func first(words func(*cobra.Command) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return words(cmd), cobra.ShellCompDirectiveNoFileComp
	}
}

// openRequests returns the numbers of open requests, with their kinds, from a running
// server; none without one.
func openRequests(cmd *cobra.Command) (list []string) {
	address, err := cmd.Flags().GetString("address")
	if err != nil {
		return nil
	}
	var l RequestList
	if err := (client{address: address}).call(http.MethodGet, "requests", url.Values{}, &l); err != nil {
		return nil
	}
	for _, r := range l.Requests {
		list = append(list, cobra.CompletionWithDesc(strconv.FormatInt(r.ID, 10), string(r.Kind)+", due by "+r.Due.String()))
	}
	return list
}

func phrases[S ~string](words []S) (list []string) {
	for _, word := range words {
		list = append(list, string(word))
	}
	return list
}
