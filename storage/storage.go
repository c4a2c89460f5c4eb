// Package storage owns what consentgate remembers: the ledger of consent
// events, the day tables with personal data, the evidence of their destruction,
// and what the traffic showed. It defines the Store that every database provides; the
// subpackages provide it.
//
// It decides nothing: what may be recorded is package gate's word, when a day
// table must go is package retention's.
package storage

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/inventory"
	"github.com/mamen-ai/consentgate/internal/policy"
)

var (
	// ErrClosed is returned by every method of a store that has been closed.
	ErrClosed = errors.New("the store is closed")
	// ErrClock refuses a record whose time isn't within five minutes of the
	// store's clock.
	ErrClock = errors.New("the record's time is not the present")
	// ErrNotEmpty refuses to seed a store that already holds records.
	ErrNotEmpty = errors.New("the store already holds records")
)

// Event is what happened to a consent.
type Event string

// The events of the ledger.
const (
	Given     Event = "given"
	Refused   Event = "refused"
	Withdrawn Event = "withdrawn"
	Erased    Event = "erased"
	// Blocked forbids new records under the ID until Unblocked, Withdrawn or
	// Erased; what is held stays (policy 3.4.1 (2)).
	Blocked   Event = "blocked"
	Unblocked Event = "unblocked"
)

// Method is the way by which the visitor expressed the choice.
type Method string

// The methods of a choice.
const (
	ByBanner Method = "banner" // the banner's form
	ByPage   Method = "page"   // the form of /.privacy/
	ByAPI    Method = "api"    // JSON, from the site's own script
	ByAdmin  Method = "admin"  // the operator, on a letter or mail
)

// Consent is one event of the ledger. It holds no IP address and no browser.
// The fields are those of Kazakhstan's law 94-V, article 8, and of ISO/IEC TS
// 27560 that an edge can know.
type Consent struct {
	Seq          int64      `json:"seq"`           // set by the store, from 1 without gaps
	RecordID     string     `json:"record_id"`     // UUID version 7, set by the store
	ConsentID    consent.ID `json:"consent_id"`    // zero for a refusal
	Event        Event      `json:"event"`         //
	At           time.Time  `json:"at"`            // UTC, milliseconds
	ValidUntil   time.Time  `json:"valid_until"`   // zero unless Event is Given
	Categories   []string   `json:"categories"`    // allowed whole
	Services     []string   `json:"services"`      // allowed one by one
	Edition      policy.Day `json:"edition"`       // of the policy
	PolicyURL    string     `json:"policy_url"`    //
	NoticeSHA256 string     `json:"notice_sha256"` // hex, of the notice as it was shown
	Language     string     `json:"language"`      //
	Method       Method     `json:"method"`        //
	Site         string     `json:"site"`          // host on which the choice was made
	Path         string     `json:"path"`          // without query
	Controller   string     `json:"controller"`    // registration number (BIN) of the controller
	CrossBorder  bool       `json:"cross_border"`  // whether transfer abroad was part of it
	GPC          bool       `json:"gpc"`           // the request carried Sec-GPC: 1
	Version      string     `json:"version"`       // of consentgate
	Commitment   string     `json:"commitment"`    // hex HMAC-SHA256(salt, IP, browser), or empty

	// EditionSHA256 and TermsSHA256 are, as NoticeSHA256 is, the hashes of
	// documents that the store keeps; empty when there is none.
	EditionSHA256 string `json:"edition_sha256"` // of the policy's file
	TermsSHA256   string `json:"terms_sha256"`   // of the terms of the consent
	Format        int    `json:"format"`         // of the hashed row, set by the store

	DNT bool `json:"dnt"` // the request carried DNT: 1; false in rows of before format 3

	PrevHash string `json:"prev_hash"` // hex, row_hash of the row before
	RowHash  string `json:"row_hash"`  // hex SHA-256(prev_hash, canonical row)
}

// Person is the personal data that belongs to an event or a visit. It goes into
// day tables only.
type Person struct {
	IP      netip.Addr // as it is to be kept: see MaskIP
	Browser string     // family, for example "Firefox"
}

// Visit is one page view that the visitor allowed to be recorded.
type Visit struct {
	At        time.Time
	ConsentID consent.ID
	Person    Person
	OS        string
	Device    string // "desktop", "mobile", "tablet" or ""
	Host      string
	Path      string // without query
	Referrer  string // host only
	// Services are the analytics services that ran on the page; each has its IP
	// record of the day in the day table of its kind.
	Services []VisitService
}

// VisitService is one analytics service that ran during a visit.
type VisitService struct {
	Service   string // catalogue ID
	Kind      string // day table kind: see ValidKind; empty means VisitsKind
	VisitorID string // the vendor's own identifier of the visitor, if a cookie showed it
}

// VisitsKind is the kind of every record whose kind the configuration doesn't
// name.
const VisitsKind = "visits"

// PartState is how far a day table is on its way out.
type PartState string

// The states of a day table.
const (
	Live     PartState = "live"     // readable until its DropAt
	Dropped  PartState = "dropped"  // gone, its bytes not yet proven gone
	Scrubbed PartState = "scrubbed" // proven gone
)

// Part is one day table.
type Part struct {
	Name   string     `json:"name"`  // table name, for example ip_visits_20261123
	Kind   string     `json:"kind"`  // for example visits
	Table  string     `json:"table"` // "ip" or "visits"
	Day    policy.Day `json:"day"`   // local day of collection
	DropAt time.Time  `json:"drop_at"`
	State  PartState  `json:"state"`
	Rows   int64      `json:"rows"` // of a live part now, of a gone one at its end
}

// Reason is why personal data was destroyed (policy 3.6.2).
type Reason string

// The reasons of destruction that an edge meets.
const (
	WindowEnded    Reason = "window_ended"    // 3.6.2 (4), (5)
	ConsentRevoked Reason = "consent_revoked" // 3.6.2 (3)
	SubjectRequest Reason = "subject_request" // 3.4.1 (2)
	PurposeReached Reason = "purpose_reached" // 3.6.1, 3.6.2
	TermEnded      Reason = "term_ended"      // of evidence: 3.1.2, 3.6.2 (4)
)

// Act is the evidence of one destruction.
type Act struct {
	ID       int64     `json:"id"`
	Part     string    `json:"part"`
	Kind     string    `json:"kind"`
	Reason   Reason    `json:"reason"`
	Actor    string    `json:"actor"` // "scheduler", "visitor" or the operator's name
	Rows     int64     `json:"rows"`
	From     time.Time `json:"from"` // time of the earliest destroyed row
	To       time.Time `json:"to"`   // time of the latest destroyed row
	At       time.Time `json:"at"`
	Scrubbed time.Time `json:"scrubbed"` // zero until the bytes are proven gone
	Residual int64     `json:"residual"` // canaries still found by the last scan
}

// Holding is what is kept about one consent ID.
type Holding struct {
	Events []Consent   `json:"events"`
	IPs    []HeldIP    `json:"ip_records"`
	Visits []HeldVisit `json:"visits"`
}

// HeldIP is one IP record.
type HeldIP struct {
	At        time.Time `json:"at"`
	IP        string    `json:"ip"`
	Purpose   string    `json:"purpose"`
	Service   string    `json:"service"`
	VisitorID string    `json:"visitor_id,omitempty"`
	Browser   string    `json:"browser"`
	Kind      string    `json:"kind"`
	DropAt    time.Time `json:"delete_by"`
}

// HeldVisit is one recorded page view.
type HeldVisit struct {
	At       time.Time `json:"at"`
	Host     string    `json:"host"`
	Path     string    `json:"path"`
	Referrer string    `json:"referrer,omitempty"`
	Browser  string    `json:"browser"`
	OS       string    `json:"os"`
	Device   string    `json:"device"`
	Kind     string    `json:"kind"`
	DropAt   time.Time `json:"delete_by"`
}

// Verification is the result of checking the ledger and the destroyed bytes.
type Verification struct {
	Rows     int64  `json:"rows"`                // those that went at the end of their term included
	OK       bool   `json:"ok"`                  // the hash chain fits; says nothing about Residual
	FirstBad int64  `json:"first_bad,omitempty"` // seq of the first row that doesn't fit
	Problem  string `json:"problem,omitempty"`
	Head     string `json:"head"`     // row_hash of the last row
	Residual int64  `json:"residual"` // canaries of destroyed parts still found as bytes
	// Segments counts the months with a signed checkpoint.
	Segments int `json:"segments"`
	// Unresolved counts rows that refer to a document which isn't there or was
	// changed.
	Unresolved int64 `json:"unresolved"`
}

// Totals are the counts that status and metrics show.
type Totals struct {
	Events     map[Event]int64 `json:"events"`
	QueueDepth int             `json:"queue_depth"`
	Dropped    int64           `json:"dropped_visits"`   // visits that AppendVisit refused or that couldn't be written
	Database   string          `json:"database"`         // path
	Handles    int             `json:"database_handles"` // open database handles of this store
}

// Store keeps the records. Its methods are safe for concurrent use and return
// ErrClosed after Close.
type Store interface {
	Evidence
	Statistics
	Requests
	Deletions
	// AppendConsent writes one ledger row, and p, when given, as an IP record of
	// the visits kind. It returns the row as written once both are durable, and
	// ErrClock when its time isn't the present. When ctx ends before, the row may
	// have been written or not. An event that revokes a consent (see
	// Event.Revokes) makes its erasure pending, durable with the row.
	AppendConsent(ctx context.Context, c Consent, p *Person) (Consent, error)
	// AppendVisit queues one page view and its IP records and doesn't wait for
	// them: one per service, or one without a service when none ran. An IP record
	// that differs in its time alone from one of the same day isn't repeated, as far
	// as the store remembers. It reports false, and counts the visit as dropped, when
	// the queue is full, the store is closed, the visit's time isn't the present or a
	// kind isn't valid. A visit under an ID that was withdrawn, erased or blocked
	// meanwhile is discarded.
	AppendVisit(v Visit) bool
	// Sync waits until everything queued before the call is durable.
	Sync(ctx context.Context) error
	// Held returns what is readable now under the ID.
	Held(ctx context.Context, id consent.ID) (Holding, error)
	// Erase destroys every day-table record under the ID and returns an act for
	// each part that held some. Ledger rows stay: they hold no personal data. An
	// erasure that was pending under the ID when Erase began is pending no more
	// once all its parts are done; after an error or a crash it still is.
	Erase(ctx context.Context, id consent.ID, reason Reason, actor string) ([]Act, error)
	// PendingErasures returns the erasures that revoked consents demand and that
	// no Erase has finished, one for each ID, the oldest first.
	PendingErasures(ctx context.Context) ([]Erasure, error)
	// Revoked returns the IDs whose newest ledger event, blocks aside, revokes the
	// consent and happened at since or later, in the order of these events.
	Revoked(ctx context.Context, since time.Time) ([]consent.ID, error)
	// Parts lists the day tables, the oldest first.
	Parts(ctx context.Context) ([]Part, error)
	// DropPart destroys one day table whole: registry, act and DROP in one
	// transaction.
	DropPart(ctx context.Context, name string, reason Reason, actor string) (Act, error)
	// Scrub gives back the freed pages, empties the write-ahead log and looks for
	// the canaries of parts that were dropped. It marks them scrubbed when none
	// is found, and returns how many are.
	Scrub(ctx context.Context) (residual int64, err error)
	// Acts returns the newest acts, at most limit.
	Acts(ctx context.Context, limit int) ([]Act, error)
	// Verify walks the hash chain and scans for destroyed canaries.
	Verify(ctx context.Context) (Verification, error)
	// Totals returns the present counts.
	Totals(ctx context.Context) (Totals, error)
	// Oldest returns the time of the oldest readable row of each kind that has
	// one.
	Oldest(ctx context.Context) (map[string]time.Time, error)
	// ClockMark returns the highest time the store has seen, and SetClockMark
	// raises it.
	ClockMark(ctx context.Context) (time.Time, error)
	SetClockMark(ctx context.Context, t time.Time) error
	// SaveInventory writes what the traffic showed, each sighting over what is kept
	// under its key, and removes what is kept under the keys in gone: all of it or,
	// with an error, nothing.
	SaveInventory(ctx context.Context, seen []inventory.Sighting, gone []inventory.Key) error
	// Inventory returns what SaveInventory has kept, in no order.
	Inventory(ctx context.Context) ([]inventory.Sighting, error)
	// Seed writes visits with their own, past times into an empty store: the
	// only way past the check on present time, for demonstrations and tests. A
	// store that holds records answers ErrNotEmpty.
	Seed(ctx context.Context, visits []Visit) error
	// Close writes what is queued and closes the database.
	Close() error
	// Discard closes the database and removes it again if it was made when it was
	// opened and nothing has been recorded in it. What stood there before stays.
	Discard() error
}
