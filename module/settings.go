package module

import (
	"fmt"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// Storage says where records are kept.
type Storage struct {
	// The database: "sqlite". Default: "sqlite".
	Driver string `json:"driver,omitempty"`

	// The directory of the database file. It is created with mode 0700. A
	// relative path starts at the working directory. Default: "./data".
	Path string `json:"path,omitempty"`
}

// Controller is the organisation that answers for the data.
type Controller struct {
	// The full name, for example "ТОО «МАК IT»".
	Name string `json:"name,omitempty"`
	// The registration number; in Kazakhstan the BIN.
	ID string `json:"id,omitempty"`
	// The postal address, to which requests are sent (policy 3.4.1).
	Address string `json:"address,omitempty"`
	// The mail address to which consent is withdrawn (policy 3.4.1).
	Email string `json:"email,omitempty"`
}

// Policy names one edition of the privacy policy.
type Policy struct {
	// The day of the edition. Default: 2025-03-12.
	Edition policy.Day `json:"edition,omitzero"`
	// Where visitors read it. Default: "/privacy.pdf".
	URL string `json:"url,omitempty"`
	// Its file, as visitors get it, up to 32 MiB. It is kept with the records,
	// which refer to it by its SHA-256. Default: none.
	File string `json:"file,omitempty"`
	// What the privacy page tells of the policy's history: none is later than the
	// edition in force, which may be among them. Default: none.
	Editions []PolicyEdition `json:"editions,omitempty"`
}

// PolicyEdition is one edition of the policy in its history.
type PolicyEdition struct {
	// The day of the edition.
	Day policy.Day `json:"day"`
	// Where visitors can still read it. Default: nowhere.
	URL string `json:"url,omitempty"`
	// What it changed, by language, for example "kk", "ru" and "en". Default: not
	// told.
	Changes map[string]string `json:"changes,omitempty"`
}

func (a *App) readPolicy() error {
	if a.Policy.File == "" {
		return nil
	}
	path, err := caddy.NewReplacer().ReplaceOrErr(a.Policy.File, true, true)
	if err == nil {
		a.edition, err = readEdition(path)
	}
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return nil
}

func (a *App) setDefaults() {
	if a.Storage == nil {
		a.Storage = new(Storage)
	}
	setDefault(&a.Storage.Driver, "sqlite")
	setDefault(&a.Storage.Path, "./data")
	if a.Controller == nil {
		a.Controller = new(Controller)
	}
	if a.Policy == nil {
		a.Policy = new(Policy)
	}
	if a.Policy.Edition.IsZero() {
		a.Policy.Edition = policy.Day{Year: 2025, Month: time.March, Day: 12}
	}
	setDefault(&a.Policy.URL, "/privacy.pdf")
	setDefault(&a.Timezone, "Asia/Almaty")
	setDefault(&a.Jurisdiction, "KZ")
	setDefault(&a.CrossBorder, "deny")
	setDefault(&a.IP, "masked")
	if a.ChoiceMonths == 0 {
		a.ChoiceMonths = 6
	}
	if a.now == nil {
		a.now = time.Now
	}
}

func setDefault(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// check refuses what the Caddyfile's parser would refuse too, for
// configurations written in JSON.
func (a *App) check() error {
	if a.Storage.Driver != "sqlite" {
		return fmt.Errorf("storage driver %q: use sqlite", a.Storage.Driver)
	}
	location, err := time.LoadLocation(a.Timezone)
	if err != nil || a.Timezone == "Local" {
		return fmt.Errorf("timezone %q: use a name of the IANA zone database, for example Asia/Almaty", a.Timezone)
	}
	a.location = location
	if len(a.Jurisdiction) != 2 || strings.ToUpper(a.Jurisdiction) != a.Jurisdiction {
		return fmt.Errorf("jurisdiction %q: use an ISO 3166-1 alpha-2 code, for example KZ", a.Jurisdiction)
	}
	if err := oneOf("cross_border", a.CrossBorder, "deny", "allow"); err != nil {
		return err
	}
	if err := oneOf("ip", a.IP, "masked", "full"); err != nil {
		return err
	}
	for kind, window := range a.Windows {
		if !storage.ValidKind(kind) {
			return fmt.Errorf("window of %q: a kind has lower-case letters, digits and _", kind)
		}
		if !window.Valid() {
			return fmt.Errorf("window of %s: the policy (3.1 row 7) allows 14mo or 24mo", kind)
		}
	}
	if a.ChoiceMonths < 1 || a.ChoiceMonths > 12 {
		return fmt.Errorf("choice_months %d: use 1 to 12", a.ChoiceMonths)
	}
	return nil
}

func oneOf(option, value string, allowed ...string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return fmt.Errorf("%s %q: use %s", option, value, strings.Join(allowed, " or "))
}

// window returns how long records of the kind are kept.
func (a *App) window(kind string) policy.Window {
	if window, ok := a.Windows[kind]; ok {
		return window
	}
	return policy.Months14
}

// setWindow gives a kind its window, for services that have one of their own.
// Two sites that disagree about a kind are refused: their records share tables.
func (a *App) setWindow(kind string, window policy.Window) error {
	if known, ok := a.Windows[kind]; ok && known != window {
		return fmt.Errorf("records of %s are kept %s by one option and %s by another: they share a day table and can have one window only", kind, known, window)
	}
	if a.Windows == nil {
		a.Windows = make(map[string]policy.Window)
	}
	a.Windows[kind] = window
	return nil
}
