package module

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/mamen-ai/consentgate/internal/redact"
	"go.uber.org/zap/zapcore"
)

// redactor decides what a log entry may tell.
type redactor struct {
	web     bool // of requests: of paths too
	allowed bool // the visitor lets visits be counted
	headers bool // the fields are a message's headers
}

// text returns a text as it may be logged.
func (r redactor) text(text string) string {
	switch {
	case r.allowed:
		return redact.Queries(text)
	case r.web:
		return redact.Web(text)
	}
	return redact.Text(text)
}

// field returns the value of the field of the name as it may be logged.
func (r redactor) field(name, value string) string {
	switch name {
	case "user_id", "client_common_name", "client_serial":
		return "" // who is logged in, by password or by certificate
	case "remote_port":
		if r.allowed {
			return value
		}
		return ""
	case "remote_ip", "client_ip", "remote_addr", "remote":
		if r.allowed {
			return value
		}
		return redact.Address(value)
	case "uri":
		if !r.allowed {
			return redact.URI(value)
		}
	}
	return r.text(value)
}

// object returns how the fields of an object of the name are judged.
func (r redactor) object(name string) redactor {
	switch strings.ToLower(name) {
	case "headers", "resp_headers", "header", "trailer":
		r.headers = true
	default:
		r.headers = false
	}
	return r
}

// drops reports whether a field may not be logged at all: a header that isn't known
// to tell nothing personal.
func (r redactor) drops(name string) bool {
	if !r.headers {
		return false
	}
	name = strings.ToLower(name)
	switch {
	case impersonal[name], strings.HasPrefix(name, "sec-fetch-"), strings.HasPrefix(name, "access-control-"):
		return false
	case r.allowed:
		return !personal[name] && !strings.HasPrefix(name, "sec-ch-ua")
	}
	return true
}

// words makes a set.
func words(list string) map[string]bool {
	set := make(map[string]bool)
	for _, word := range strings.Fields(list) {
		set[word] = true
	}
	return set
}

var (
	// impersonal are the headers that tell of the exchange, not of a person. Their
	// values are redacted all the same.
	impersonal = words(`accept accept-encoding accept-ranges age allow alt-svc cache-control clear-site-data
		connection content-encoding content-language content-length content-location content-range
		content-security-policy content-security-policy-report-only content-type date dnt expect expires
		host keep-alive last-modified location max-forwards origin pragma priority purpose range referer
		referrer-policy retry-after sec-gpc sec-purpose server server-timing strict-transport-security te
		trailer transfer-encoding upgrade upgrade-insecure-requests vary x-content-type-options
		x-forwarded-proto x-frame-options`)
	// personal are those that tell of a visitor's address and browser.
	personal = words(`accept-language cf-connecting-ip forwarded true-client-ip user-agent x-forwarded-for x-real-ip`)
)

// plain returns a value as JSON has it, which shares nothing with the value.
func plain(value any) any {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var made any
	if decoder.Decode(&made) != nil {
		return nil
	}
	return made
}

// value returns what plain returned as it may be logged under the name.
func (r redactor) value(name string, value any) any {
	switch v := value.(type) {
	case string:
		return r.field(name, v)
	case []any:
		for i := range v {
			v[i] = r.value(name, v[i])
		}
	case map[string]any:
		inner := r.object(name)
		made := make(map[string]any, len(v))
		for key, field := range v {
			if !inner.drops(key) {
				made[inner.text(key)] = inner.value(key, field)
			}
		}
		return made
	}
	return value
}

// redactedObject passes fields on as they may be logged.
type redactedObject struct {
	zapcore.ObjectEncoder
	redactor redactor
}

// AddString implements zapcore.ObjectEncoder.
func (o redactedObject) AddString(key, value string) {
	if !o.redactor.drops(key) {
		o.ObjectEncoder.AddString(key, o.redactor.field(key, value))
	}
}

// AddByteString implements zapcore.ObjectEncoder.
func (o redactedObject) AddByteString(key string, value []byte) { o.AddString(key, string(value)) }

// AddBinary implements zapcore.ObjectEncoder. What bytes tell can't be judged.
func (o redactedObject) AddBinary(string, []byte) {}

// AddReflected implements zapcore.ObjectEncoder.
func (o redactedObject) AddReflected(key string, value any) error {
	if o.redactor.drops(key) {
		return nil
	}
	return o.ObjectEncoder.AddReflected(key, o.redactor.value(key, plain(value)))
}

// AddArray implements zapcore.ObjectEncoder.
func (o redactedObject) AddArray(key string, value zapcore.ArrayMarshaler) error {
	if o.redactor.drops(key) {
		return nil
	}
	return o.ObjectEncoder.AddArray(key, zapcore.ArrayMarshalerFunc(func(inner zapcore.ArrayEncoder) error {
		return value.MarshalLogArray(redactedArray{inner, key, o.redactor})
	}))
}

// AddObject implements zapcore.ObjectEncoder.
func (o redactedObject) AddObject(key string, value zapcore.ObjectMarshaler) error {
	if o.redactor.drops(key) {
		return nil
	}
	return o.ObjectEncoder.AddObject(key, o.redactor.marshaler(key, value))
}

func (r redactor) marshaler(name string, value zapcore.ObjectMarshaler) zapcore.ObjectMarshaler {
	return zapcore.ObjectMarshalerFunc(func(inner zapcore.ObjectEncoder) error {
		return value.MarshalLogObject(redactedObject{inner, r.object(name)})
	})
}

// redactedArray passes the elements of an array on as they may be logged.
type redactedArray struct {
	zapcore.ArrayEncoder
	name     string
	redactor redactor
}

// AppendString implements zapcore.ArrayEncoder.
func (a redactedArray) AppendString(value string) {
	a.ArrayEncoder.AppendString(a.redactor.field(a.name, value))
}

// AppendByteString implements zapcore.ArrayEncoder.
func (a redactedArray) AppendByteString(value []byte) { a.AppendString(string(value)) }

// AppendReflected implements zapcore.ArrayEncoder.
func (a redactedArray) AppendReflected(value any) error {
	return a.ArrayEncoder.AppendReflected(a.redactor.value(a.name, plain(value)))
}

// AppendArray implements zapcore.ArrayEncoder.
func (a redactedArray) AppendArray(value zapcore.ArrayMarshaler) error {
	return a.ArrayEncoder.AppendArray(zapcore.ArrayMarshalerFunc(func(inner zapcore.ArrayEncoder) error {
		return value.MarshalLogArray(redactedArray{inner, a.name, a.redactor})
	}))
}

// AppendObject implements zapcore.ArrayEncoder.
func (a redactedArray) AppendObject(value zapcore.ObjectMarshaler) error {
	return a.ArrayEncoder.AppendObject(a.redactor.marshaler(a.name, value))
}
