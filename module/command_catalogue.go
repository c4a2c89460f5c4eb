package module

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/spf13/cobra"
)

// catalogueCommand shows the services that are known, without a server.
func catalogueCommand() *cobra.Command {
	var files []string
	cmd := &cobra.Command{
		Use:          "catalogue [NAME]",
		Short:        "Lists the services that are known, or shows everything about one",
		Args:         cobra.MaximumNArgs(1),
		SilenceUsage: true,
	}
	cmd.Flags().StringArrayVar(&files, "file", nil, "A file of services, as the Caddyfile's option catalogue names one; may be repeated")
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(fl caddycmd.Flags) (int, error) {
		cmd.SilenceErrors = true // Caddy logs them
		services, err := (&Handler{Catalogues: files}).known()
		if err != nil {
			return exitBroken, err
		}
		slices.SortFunc(services, func(a, b catalogue.Service) int { return strings.Compare(a.ID, b.ID) })
		err = showCatalogue(cmd.OutOrStdout(), services, cmd.Flags().Args(), fl.Bool("json"))
		if err != nil {
			return exitFailed, err
		}
		return exitOK, nil
	})
	return cmd
}

func showCatalogue(out io.Writer, services []catalogue.Service, name []string, asJSON bool) error {
	if len(name) == 0 {
		if asJSON {
			return printJSON(out, services)
		}
		return printTable(out, services)
	}
	i := slices.IndexFunc(services, func(s catalogue.Service) bool { return s.ID == name[0] })
	switch {
	case i < 0:
		return fmt.Errorf("no service has the ID %q; the nearest are %s", name[0], strings.Join(nearest(ids(services), name[0]), ", "))
	case asJSON:
		return printJSON(out, services[i])
	}
	return printService(out, services[i])
}

func printJSON(out io.Writer, v any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

func printTable(out io.Writer, services []catalogue.Service) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tCATEGORY\tCOUNTRIES\tWINDOW\tTHE VENDOR KEEPS")
	for _, s := range services {
		window := "default"
		if s.Window != 0 {
			window = s.Window.String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, s.Name, s.Category, strings.Join(s.Countries, " "), window, cmp.Or(s.Retention, "-"))
	}
	return w.Flush()
}

func printService(out io.Writer, s catalogue.Service) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(label string, values ...string) {
		for _, value := range values {
			if value != "" {
				fmt.Fprintf(w, "%s\t%s\n", label, value)
				label = ""
			}
		}
	}
	row("id", s.ID)
	row("name", s.Name)
	row("run by", s.Vendor)
	row("category", s.Category.String())
	row("countries", strings.Join(s.Countries, " "))
	if s.Window == 0 {
		row("window", "the site's default")
	} else {
		row("window", s.Window.String())
	}
	row("the vendor keeps", s.Retention)
	var told []string
	for _, keep := range s.Keeps {
		told = append(told, keep.String())
	}
	row("a visitor is told", told...)
	row("loads from", s.Scripts...)
	row("sends to", s.Collect...)
	row("inline markers", s.Inline...)
	row("stubs", s.Stubs...)
	row("cookies", s.Cookies...)
	row("visitor's identifier", s.VisitorID...)
	row("deletes a visitor by", s.Deletion)
	for _, signal := range s.Signals {
		row("when refused", signal.Denied)
		row("when allowed", signal.Granted)
	}
	row("doubt", s.Doubt)
	row("source", s.Source)
	return w.Flush()
}

// shown is how many IDs a message about an unknown one names.
const shown = 3

// nearest returns the IDs most like a name: those that hold it first, then by the
// edit distance to the whole ID or to one of its words.
func nearest(ids []string, name string) []string {
	name = strings.NewReplacer("-", "_", " ", "_", ".", "_").Replace(strings.ToLower(name))
	distance := func(id string) int {
		if name != "" && strings.Contains(id, name) {
			return 0
		}
		least := editDistance(id, name)
		for word := range strings.SplitSeq(id, "_") {
			least = min(least, editDistance(word, name))
		}
		return least
	}
	ids = slices.Clone(ids)
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
	return ids[:min(shown, len(ids))]
}

// editDistance counts the letters to insert, drop or change (Levenshtein 1965).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
