package catalogue

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
)

const (
	minMarker = 8   // bytes of an inline marker, white space not counted
	maxMarker = 256 // of them: the search compares markers whole
	minCookie = 3   // characters of a cookie name beside "*"
)

// The forms of the values that have one.
var (
	idForm      = regexp.MustCompile(`^[a-z][a-z0-9_]{1,40}$`)
	stubForm    = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*(\[\])?$`)
	countryForm = regexp.MustCompile(`^([A-Z]{2}|operator)$`)
)

// check returns the service's compiled patterns, or everything that is wrong with
// the service.
func (s Service) check() ([]pattern, error) {
	problems := []error{
		checkForm("id", s.ID, idForm, `a small letter, then 1 to 40 small letters, digits or "_"`),
		s.checkCategory(),
		s.checkWindow(),
	}
	if len(s.Scripts)+len(s.Collect)+len(s.Inline)+len(s.Cookies) == 0 {
		problems = append(problems, errors.New("it has nothing by which it is known: give scripts, collect, inline or cookies"))
	}
	var patterns []pattern
	for _, text := range slices.Concat(s.Scripts, s.Collect) {
		p, err := parsePattern(text)
		if err != nil {
			problems = append(problems, fmt.Errorf("pattern %q: %w", text, err))
		}
		patterns = append(patterns, p)
	}
	for _, marker := range s.Inline {
		problems = append(problems, checkMarker(marker))
	}
	for _, stub := range s.Stubs {
		problems = append(problems, checkForm("stub", stub, stubForm, `a global's name, with "[]" behind it for an array`))
	}
	for _, cookie := range s.Cookies {
		problems = append(problems, checkCookie(cookie))
	}
	for _, cookie := range s.VisitorID {
		if !slices.Contains(s.Cookies, cookie) {
			problems = append(problems, fmt.Errorf("visitor_id %q: it must be one of the service's cookies", cookie))
		}
	}
	if s.Deletion != "" && !slices.Contains(DeletionAPIs(), s.Deletion) {
		problems = append(problems, fmt.Errorf("deletion %q: use one of %s", s.Deletion, strings.Join(DeletionAPIs(), ", ")))
	}
	problems = append(problems, s.checkKeeps())
	for _, country := range s.Countries {
		problems = append(problems, checkForm("country", country, countryForm, `an ISO 3166-1 alpha-2 code such as KZ, or "operator"`))
	}
	for _, signal := range s.Signals {
		problems = append(problems, signal.check())
	}
	return patterns, errors.Join(problems...)
}

func checkForm(what, value string, form *regexp.Regexp, words string) error {
	if form.MatchString(value) {
		return nil
	}
	return fmt.Errorf("%s %q: write %s", what, value, words)
}

func (s Service) checkCategory() error {
	if s.Category == 0 {
		return fmt.Errorf("it has no category: use one of %s", strings.Join(consent.CategoryNames(), ", "))
	}
	if _, err := s.Category.MarshalText(); err != nil {
		return fmt.Errorf("%w: use one of %s", err, strings.Join(consent.CategoryNames(), ", "))
	}
	return nil
}

func (s Service) checkWindow() error {
	if s.Window == 0 || s.Window.Valid() {
		return nil
	}
	return fmt.Errorf("window %d: the policy (3.1 row 7) allows 14 or 24 months; 0 is the site's default", int(s.Window))
}

func (s Service) checkKeeps() error {
	var problems []error
	for i, keep := range s.Keeps {
		switch {
		case keep.For == policy.Term{}:
			problems = append(problems, fmt.Errorf("keeps %q: it doesn't say for how long", keep.What))
		case keep.What != "" && !slices.Contains(KeptThings(), keep.What) && !slices.Contains(s.Cookies, keep.What):
			problems = append(problems, fmt.Errorf("keeps %q: use one of %s or one of the service's cookies", keep.What, strings.Join(KeptThings(), ", ")))
		case slices.ContainsFunc(s.Keeps[:i], func(other Keep) bool { return other.What == keep.What }):
			problems = append(problems, fmt.Errorf("keeps %q: it is said twice", keep.What))
		}
	}
	return errors.Join(problems...)
}

func checkMarker(marker string) error {
	if len(squeeze(marker)) < minMarker {
		return fmt.Errorf("inline marker %q: write at least %d characters, white space and \"\\\" not counted, that no other script holds", marker, minMarker)
	}
	if len(squeeze(marker)) > maxMarker {
		return fmt.Errorf("inline marker %.40q…: write at most %d characters, white space and \"\\\" not counted", marker, maxMarker)
	}
	return nil
}

// checkCookie follows RFC 6265 §4.1.1, but for the "/" that one vendor uses and
// browsers accept.
func checkCookie(name string) error {
	literal := len(name) - strings.Count(name, "*")
	if literal < minCookie {
		return fmt.Errorf("cookie %q: write at least %d characters beside \"*\"", name, minCookie)
	}
	for i := range len(name) {
		if b := name[i]; b <= ' ' || b >= 0x7f || strings.IndexByte(`"(),:;<=>?@[\]{}`, b) >= 0 {
			return fmt.Errorf("cookie %q: a name holds no %q", name, string(rune(b)))
		}
	}
	return nil
}
