package catalogue

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
)

//go:generate go test -run ^TestDocumentationIsUpToDate$ -update .

//go:embed services.json
var builtin []byte

// Builtin returns a fresh copy of the services that come with consentgate,
// sorted by ID.
func Builtin() ([]Service, error) {
	services, err := decode(builtin)
	if err != nil {
		return nil, fmt.Errorf("built-in catalogue: %w", err)
	}
	return services, nil
}

// ReadFile returns the services an operator describes in a file, which is a JSON
// list of the built-in catalogue's form. A service without a name has its ID as
// one. The error names the file and everything that is wrong in it, each with the
// service and the value.
func ReadFile(path string) ([]Service, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	services, err := decode(raw)
	if err == nil {
		_, err = New(services)
	}
	if err != nil {
		return nil, fmt.Errorf("catalogue %s: %w", path, err)
	}
	for i, s := range services {
		services[i].Name = cmp.Or(s.Name, s.ID)
	}
	return services, nil
}

// decode reads each service by itself, so that an error can say whose it is.
func decode(raw []byte) ([]Service, error) {
	var entries []json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("line %d: %w", 1+bytes.Count(raw[:syntax.Offset], []byte("\n")), err)
		}
		return nil, fmt.Errorf("write a JSON list of services: %w", err)
	}
	services := make([]Service, len(entries))
	var problems []error
	for i, entry := range entries {
		decoder := json.NewDecoder(bytes.NewReader(entry))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&services[i]); err != nil {
			if strings.Contains(err.Error(), "unknown field") {
				err = fmt.Errorf("%w: a service has %s, a signal denied and granted", err, strings.Join(fields(), ", "))
			}
			problems = append(problems, fmt.Errorf("service %s: %w", label(entry, i), err))
		}
	}
	return services, errors.Join(problems...)
}

// label names a service that couldn't be read: by its ID, or by its place.
func label(entry []byte, place int) string {
	var service struct{ ID string }
	if err := json.Unmarshal(entry, &service); err != nil || service.ID == "" {
		return fmt.Sprintf("number %d of the list", place+1)
	}
	return fmt.Sprintf("%q", service.ID)
}

// fields returns the names of a service's fields as they are written.
func fields() []string {
	var names []string
	for field := range reflect.TypeFor[Service]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}
