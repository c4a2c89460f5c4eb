package module

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
)

func (c client) inventory([]string) (int, error) {
	c.json = c.json && !c.caddyfile
	var seen Inventory
	if err := c.call(http.MethodGet, "inventory", nil, &seen); err != nil {
		return exitFailed, err
	}
	switch {
	case c.caddyfile:
		writeOptions(c.out, seen)
	case !c.json:
		if err := writeTables(c.out, seen); err != nil {
			return exitFailed, err
		}
	}
	return exitOK, nil
}

// day shows an instant as the day it lies in.
func day(t time.Time, in *time.Location) string { return t.In(in).Format(time.DateOnly) }

// tables are written with aligned columns.
type tables struct {
	*tabwriter.Writer
	location *time.Location
}

func writeTables(out io.Writer, seen Inventory) error {
	t := tables{tabwriter.NewWriter(out, 0, 0, 2, ' ', 0), zone(seen.Timezone)}
	if len(seen.Unknown) == 0 {
		fmt.Fprint(t, "no unknown third parties\n\n")
	}
	t.hosts("UNKNOWN THIRD PARTY", seen.Unknown)
	t.services(seen.Services)
	t.hosts("NECESSARY HOST", seen.Necessary)
	t.names("COOKIE", "SET", "SENT", seen.Cookies)
	t.names("COLLECTOR", "", "REQUESTS", seen.Collectors)
	if err := t.Flush(); err != nil {
		return err
	}
	if len(seen.Unknown) > 0 {
		fmt.Fprintln(out, "consentgate consent inventory --caddyfile prints options that name them")
	}
	return nil
}

// row writes cells; those that are empty at the end are left out.
func (t tables) row(cells ...any) {
	line := strings.TrimRight(strings.Join(texts(cells), "\t"), "\t")
	fmt.Fprintln(t, line)
}

func texts(cells []any) []string {
	list := make([]string, len(cells))
	for i, cell := range cells {
		list[i] = fmt.Sprint(cell)
	}
	return list
}

func (t tables) since(s Seen) (first, last string) {
	return day(s.First, t.location), day(s.Last, t.location)
}

func (t tables) hosts(title string, list []HostSeen) {
	if len(list) == 0 {
		return
	}
	t.row(title, "IN PAGES", "REPORTED", "BLOCKED", "SINCE", "LAST", "FIRST ON")
	for _, h := range list {
		first, last := t.since(h.Seen)
		t.row(h.Host, h.InPages, h.Reported, h.Blocked, first, last, h.Where)
	}
	t.row()
}

// maxHostsShown bounds the hosts of a service in its row.
const maxHostsShown = 4

func (t tables) services(list []ServiceSeen) {
	if len(list) == 0 {
		return
	}
	t.row("SERVICE", "CATEGORY", "STATUS", "IN PAGES", "REPORTED", "BLOCKED", "SINCE", "LAST", "HOSTS")
	for _, s := range list {
		hosts := s.Hosts
		if more := len(hosts) - maxHostsShown; more > 0 {
			hosts = append(slices.Clone(hosts[:maxHostsShown]), fmt.Sprintf("and %d more", more))
		}
		first, last := t.since(s.Seen)
		t.row(s.ID, cmp.Or(s.Category, "-"), status(s), s.InPages, s.Reported, s.Blocked, first, last,
			cmp.Or(strings.Join(hosts, " "), "the site itself"))
	}
	t.row()
}

// status says in words what a service may do while nothing is chosen.
func status(s ServiceSeen) string {
	switch {
	case s.Category == "":
		return "not in the catalogue"
	case s.Reason == "cross_border":
		return "never: data would leave the country"
	case s.Reason == "not_in_use":
		return "never: not named"
	case s.Status == "allowed":
		return "always"
	}
	return "when allowed"
}

// names writes what has a service; inPages is the title of a column that is left
// out when it's empty.
func (t tables) names(title, inPages, reported string, list []NameSeen) {
	if len(list) == 0 {
		return
	}
	head := []any{title, "SERVICE", inPages, reported, "BLOCKED", "SINCE", "LAST", "FIRST ON"}
	if inPages == "" {
		head = slices.Delete(head, 2, 3)
	}
	t.row(head...)
	for _, n := range list {
		first, last := t.since(n.Seen)
		cells := []any{n.Name, cmp.Or(n.Service, "unknown"), n.InPages, n.Reported, n.Blocked, first, last, n.Where}
		if inPages == "" {
			cells = slices.Delete(cells, 2, 3)
		}
		t.row(cells...)
	}
	t.row()
}

// writeOptions writes options of consent_gate. What the operator must decide is
// commented out, so that pasting the whole changes nothing that is unknown.
func writeOptions(out io.Writer, seen Inventory) {
	location := zone(seen.Timezone)
	shown, reported := servicesToName(seen)
	if len(shown) > 0 {
		fmt.Fprintln(out, "# Services of the catalogue that the site shows, or that are named already. The line takes the")
		fmt.Fprintln(out, "# place of other lines that only name some.")
		fmt.Fprintln(out, "service "+strings.Join(shown, " "))
	} else {
		fmt.Fprintln(out, "# The site shows no service of the catalogue.")
	}
	if len(reported) > 0 {
		fmt.Fprintln(out, "\n# Only browsers show these, and anyone can forge what they say.")
	}
	for _, s := range reported {
		fmt.Fprintf(out, "# service %s   # %s\n", s.ID, s.phrase(location))
	}
	if len(seen.Unknown) > 0 {
		fmt.Fprintln(out, "\n# Third parties that nothing names. Each is necessary, or waits for the visitor as a service; what is")
		fmt.Fprintln(out, `# neither stays out of reach with "unknown block". A service without a country counts as abroad.`)
	}
	names := newNames(seen)
	for _, h := range seen.Unknown {
		fmt.Fprintf(out, "\n# necessary %s   # %s\n", h.Host, h.phrase(location))
		if !strings.Contains(h.Host, ".") {
			continue // only a whole name can be a service's
		}
		fmt.Fprintf(out, "# service %s {\n# \tname %s\n# \tcategory functional\n# \tscript %s\n# \t# country <code>\n# }\n", names.take(h.Host), h.Host, h.Host)
	}
	fmt.Fprintln(out, "\n# When everything the site needs is named:\n# unknown block")
}

// phrase says how often and since when.
func (s Seen) phrase(location *time.Location) string {
	verb := "seen"
	if s.InPages == 0 {
		verb = "reported"
	}
	often := "once"
	if n := s.InPages + s.Reported; n != 1 {
		often = fmt.Sprintf("%d times", n)
	}
	text := fmt.Sprintf("%s %s since %s", verb, often, day(s.First, location))
	if s.Where != "" {
		text += ", first on " + s.Where
	}
	return text
}

// servicesToName returns the IDs of the catalogue that the site shows or names,
// and the services that only browsers show.
func servicesToName(seen Inventory) (shown []string, reported []ServiceSeen) {
	shown = slices.Clone(seen.Named)
	for _, s := range seen.Services {
		switch {
		case s.Own || s.Category == "" || slices.Contains(shown, s.ID):
		case s.InPages > 0:
			shown = append(shown, s.ID)
		default:
			reported = append(reported, s)
		}
	}
	slices.Sort(shown)
	return shown, reported
}

// names makes IDs for services of which only a host is known.
type names struct {
	taken map[consent.Tag]bool
}

func newNames(seen Inventory) names {
	n := names{make(map[consent.Tag]bool)}
	builtin, _ := catalogue.Builtin() // a test holds that it's readable
	for _, s := range builtin {
		n.taken[consent.TagOf(s.ID)] = true
	}
	for _, s := range seen.Services {
		n.taken[consent.TagOf(s.ID)] = true
	}
	return n
}

// maxID leaves room for a number: an ID has at most 41 characters.
const maxID = 36

// take returns an ID that looks like the host and isn't taken.
func (n names) take(host string) string {
	id := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, host)
	if id[0] < 'a' || id[0] > 'z' {
		id = "host_" + id
	}
	id = id[:min(len(id), maxID)]
	unique := id
	for i := 2; n.taken[consent.TagOf(unique)]; i++ {
		unique = fmt.Sprintf("%s_%d", id, i)
	}
	n.taken[consent.TagOf(unique)] = true
	return unique
}
