package module

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/logging"
	"go.uber.org/zap"
	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"
)

func init() {
	caddy.RegisterModule(new(LogEncoder))
}

// LogEncoder writes log entries without what would tell of a visitor: no purpose of
// the policy covers logs (3.2.2, 3.2.5, 3.7.4). Queries, credentials and user names
// go from every entry, and of headers only those pass that are known to tell nothing
// personal. Addresses become networks, /24 or /48, and paths are blurred as in the
// inventory; but the access log of a visitor whose consent lets visits be counted
// has the address, path and browser.
//
// Caddy's own filters go by the names of fields. What an error's message, another
// module's field or a header with any name may hold they can't reach.
type LogEncoder struct {
	// The encoder that writes what is left. Default: "json", and "console" when the
	// output is a terminal.
	WrappedRaw json.RawMessage `json:"wrap,omitempty" caddy:"namespace=caddy.logging.encoders inline_key=format"`

	// Held until the entry comes: only then it's known what it may tell.
	fields          []zapcore.Field
	zapcore.Encoder `json:"-"`
}

// CaddyModule returns the Caddy module information.
func (*LogEncoder) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "caddy.logging.encoders.consent", New: func() caddy.Module { return new(LogEncoder) }}
}

// Provision loads the wrapped encoder.
func (e *LogEncoder) Provision(ctx caddy.Context) error {
	// Without fields to filter, Caddy's filter is the choice of the default alone.
	wrapped := &logging.FilterEncoder{WrappedRaw: e.WrappedRaw}
	e.Encoder = wrapped
	return wrapped.Provision(ctx)
}

// ConfigureDefaultFormat implements caddy.ConfiguresFormatterDefault.
func (e *LogEncoder) ConfigureDefaultFormat(output caddy.WriterOpener) error {
	return e.Encoder.(caddy.ConfiguresFormatterDefault).ConfigureDefaultFormat(output)
}

// UnmarshalCaddyfile reads the format. Syntax:
//
//	consent {
//		wrap <another format>
//	}
func (e *LogEncoder) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the format's name
	if d.NextArg() {
		return d.Errf("format consent has no argument '%s'", d.Val())
	}
	for d.NextBlock(0) {
		switch {
		case d.Val() != "wrap":
			return d.Errf("format consent has no option '%s': use wrap", d.Val())
		case e.WrappedRaw != nil:
			return d.Err("format consent: option 'wrap' is given twice")
		case !d.NextArg():
			return d.Err("'wrap' needs a format, for example json")
		}
		name := d.Val()
		format, err := caddyfile.UnmarshalModule(d, "caddy.logging.encoders."+name)
		if err != nil {
			return err
		}
		e.WrappedRaw = caddyconfig.JSONModuleObject(format, "format", name, nil)
	}
	return nil
}

// Clone implements zapcore.Encoder.
func (e *LogEncoder) Clone() zapcore.Encoder {
	return &LogEncoder{fields: slices.Clip(e.fields), Encoder: e.Encoder.Clone()}
}

// EncodeEntry implements zapcore.Encoder.
func (e *LogEncoder) EncodeEntry(entry zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	redacted := redactor{
		web:     entry.LoggerName == "http" || strings.HasPrefix(entry.LoggerName, "http."),
		allowed: strings.HasPrefix(entry.LoggerName, accessLogger) && slices.ContainsFunc(fields, allowsAddress),
	}
	encoder := e.Encoder.Clone()
	for _, field := range slices.Concat(e.fields, fields) {
		field.AddTo(redactedObject{encoder, redacted})
	}
	entry.Message = redacted.text(entry.Message)
	return encoder.EncodeEntry(entry, nil)
}

// accessLogger is the name of the logger of requests (caddyhttp.Server).
const accessLogger = "http.log.access"

// The fields that aren't plain numbers are held. Numbers tell of no one.

// AddString implements zapcore.ObjectEncoder.
func (e *LogEncoder) AddString(key, value string) { e.hold(zap.String(key, value)) }

// AddByteString implements zapcore.ObjectEncoder.
func (e *LogEncoder) AddByteString(key string, value []byte) { e.hold(zap.String(key, string(value))) }

// AddBinary implements zapcore.ObjectEncoder.
func (e *LogEncoder) AddBinary(key string, value []byte) {
	e.hold(zap.Binary(key, slices.Clone(value)))
}

// AddReflected implements zapcore.ObjectEncoder.
func (e *LogEncoder) AddReflected(key string, value any) error {
	e.hold(zap.Reflect(key, plain(value))) // the value may change until the entry comes
	return nil
}

// AddArray implements zapcore.ObjectEncoder.
func (e *LogEncoder) AddArray(key string, value zapcore.ArrayMarshaler) error {
	e.hold(zap.Array(key, value))
	return nil
}

// AddObject implements zapcore.ObjectEncoder.
func (e *LogEncoder) AddObject(key string, value zapcore.ObjectMarshaler) error {
	e.hold(zap.Object(key, value))
	return nil
}

// OpenNamespace implements zapcore.ObjectEncoder.
func (e *LogEncoder) OpenNamespace(key string) { e.hold(zap.Namespace(key)) }

func (e *LogEncoder) hold(field zapcore.Field) { e.fields = append(e.fields, field) }

// logConsent is the value of the field of a request's log entry that says whether
// its visitor lets visits be counted. Its type can't be had by a header or by
// another directive's field of the same name.
type logConsent bool

// String returns the value as it is logged.
func (c logConsent) String() string {
	if c {
		return "statistics"
	}
	return "none"
}

func allowsAddress(field zapcore.Field) bool {
	consent, ok := field.Interface.(logConsent)
	return ok && bool(consent)
}

// markLog tells the access log whether the visitor lets visits be counted, once the
// answer is given: a consent that was withdrawn meanwhile counts no more.
func (x *exchange) markLog(r *http.Request) {
	server, _ := r.Context().Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	extra, ok := r.Context().Value(caddyhttp.ExtraLogFieldsCtxKey).(*caddyhttp.ExtraLogFields)
	if !ok || server != nil && server.Logs == nil {
		return // nothing is logged
	}
	allowed := x.permit.Running(x.handler.visits) && x.handler.app.shared.standing(x.choice.ID).InForce()
	extra.Set(zap.Stringer("consent", logConsent(allowed)))
}

var (
	_ caddy.Provisioner                = (*LogEncoder)(nil)
	_ caddy.ConfiguresFormatterDefault = (*LogEncoder)(nil)
	_ caddyfile.Unmarshaler            = (*LogEncoder)(nil)
	_ zapcore.Encoder                  = (*LogEncoder)(nil)
)
