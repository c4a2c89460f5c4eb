// Package report writes down, for whoever audits the privacy of a site, what one
// calendar month showed: choices, records against their windows, destruction,
// requests, copies, the ledger, services, and the policy's contradictions. It
// renders the same report as text, JSON and a page of HTML that needs nothing else.
//
// It counts nothing itself and holds no personal data: it is given sums, and what
// comes from outside is shown without what could identify a visitor (see
// [Month.MarshalJSON]).
package report

import (
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// Month is the report on one calendar month of a zone. Create it with [New].
type Month struct {
	Month    string    `json:"month"` // YYYY-MM
	Complete bool      `json:"complete"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"` // not in it; the time of making while the month runs
	Made     time.Time `json:"made"`
	Timezone string    `json:"timezone"`

	Version      string     `json:"version"` // of consentgate
	Controller   Controller `json:"controller"`
	Edition      policy.Day `json:"edition"`
	PolicyURL    string     `json:"policy_url"`
	Jurisdiction string     `json:"jurisdiction"` // ISO 3166-1 alpha-2
	CrossBorder  string     `json:"cross_border"` // "deny" or "allow"

	Choices   Tally   `json:"choices"`   // of the whole month
	Days      []Tally `json:"days"`      // each local day, up to the time of making
	Months    []Tally `json:"months"`    // the twelve before, and this one
	Methods   []Tally `json:"methods"`   // by name
	Languages []Tally `json:"languages"` // by name
	GPC       int64   `json:"gpc"`       // refusals that came with Sec-GPC: 1
	DNT       int64   `json:"dnt"`       // refusals that came with DNT: 1, those with both among them

	Holdings  []Holding  `json:"holdings"`  // when the report was made
	Acts      []Act      `json:"acts"`      // of the month
	Requests  []Request  `json:"requests"`  // null: this edge keeps none
	Copies    []Copy     `json:"copies"`    // null: this edge keeps no list of them
	Deletions []Deletion `json:"deletions"` // null: this edge sends none
	Ledger    Ledger     `json:"ledger"`    // when the report was made
	Services  []Service  `json:"services"`
	Unknown   []Host     `json:"unknown"`

	Purposes       []policy.Purpose       `json:"purposes"`
	Contradictions []policy.Contradiction `json:"contradictions"`

	Problems []string `json:"problems"` // promises that aren't kept, in words
	Gaps     []string `json:"gaps"`     // what an auditor should know that breaks no promise of the edge
}

// Controller is who answers for the data.
type Controller struct {
	Name    string `json:"name"`
	ID      string `json:"id"`
	Address string `json:"address"`
	Email   string `json:"email"`
}

// Tally counts choices by what was chosen.
type Tally struct {
	Name      string `json:"name"` // a day, a month, a method or a language
	Given     int64  `json:"given"`
	Refused   int64  `json:"refused"`
	Withdrawn int64  `json:"withdrawn"`
	Erased    int64  `json:"erased"`
}

// Asked returns how many answered the question: given and refused together.
func (t Tally) Asked() int64 { return t.Given + t.Refused }

// empty reports whether nothing was counted.
func (t Tally) empty() bool { return t.Given+t.Refused+t.Withdrawn+t.Erased == 0 }

// Rate returns the share of those who allowed something among those who answered,
// from 0 to 1, and false when nobody did.
func (t Tally) Rate() (rate float64, known bool) {
	if t.Asked() == 0 {
		return 0, false
	}
	return float64(t.Given) / float64(t.Asked()), true
}

// add counts an event of the ledger.
func (t *Tally) add(event string, count int64) {
	switch event {
	case "given":
		t.Given += count
	case "refused":
		t.Refused += count
	case "withdrawn":
		t.Withdrawn += count
	case "erased":
		t.Erased += count
	}
}

// Act sums up acts of destruction of one kind and reason.
type Act struct {
	Kind     string        `json:"kind"`
	Reason   string        `json:"reason"`
	Acts     int64         `json:"acts"`
	Rows     int64         `json:"rows"`
	Slowest  time.Duration `json:"slowest_ns"` // from an act to the proof that its bytes are gone
	Unproven int64         `json:"unproven"`   // acts whose bytes aren't proven gone
	Residual int64         `json:"residual"`   // of these, acts whose bytes the last scan found
}

// Request is what somebody demanded by letter or mail (policy 3.4.1).
type Request struct {
	ID       int64      `json:"id"`
	Kind     string     `json:"kind"`
	Channel  string     `json:"channel"`
	Received policy.Day `json:"received"`
	Due      policy.Day `json:"due"`
	Closed   time.Time  `json:"closed,omitzero"` // zero while it is open
	Result   string     `json:"result"`
}

// Copy is a copy of the database, which holds personal data until it is destroyed.
type Copy struct {
	Path      string    `json:"path"`
	Made      time.Time `json:"made"`
	DeleteBy  time.Time `json:"delete_by"`
	Destroyed time.Time `json:"destroyed,omitzero"` // zero while it is there
}

// Deletion sums up what was asked of one service's vendor.
type Deletion struct {
	Service string `json:"service"`
	API     string `json:"api"`
	Open    int    `json:"open"`
	Overdue int    `json:"overdue"` // of those open
	Done    int    `json:"done"`
}

// Ledger is the state of the proof of consent.
type Ledger struct {
	Rows       int64  `json:"rows"`
	Head       string `json:"head"` // row_hash of the last row
	OK         bool   `json:"ok"`
	FirstBad   int64  `json:"first_bad,omitempty"`
	Problem    string `json:"problem,omitempty"`
	Residual   int64  `json:"residual"`   // destroyed day tables of which bytes were found
	Unresolved int64  `json:"unresolved"` // rows whose notice, terms or edition isn't there
	// Checkpoint is the newest signed one; nil when there is none.
	Checkpoint *Checkpoint `json:"checkpoint"`
}

// Checkpoint is a signed month of the ledger.
type Checkpoint struct {
	Month  string    `json:"month"`
	Rows   int64     `json:"rows"` // of the month
	Head   string    `json:"head"`
	Signed time.Time `json:"signed"`
}

// Service is a tool that the site uses or that its traffic showed.
type Service struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Category  string   `json:"category"`
	Countries []string `json:"countries"` // ISO 3166-1 alpha-2, or "operator" where the site is
	Status    string   `json:"status"`    // when it may run, in words
	Abroad    bool     `json:"abroad"`    // it may run, and data would leave the jurisdiction
	Optional  bool     `json:"optional"`  // it may run once a visitor allows it

	Deletable bool   `json:"deletable"` // a visitor who withdraws is deleted there without anybody's doing
	How       string `json:"how"`       // in words
}

// Host is a third party that nothing names, seen in the month or since.
type Host struct {
	Host     string    `json:"host"`
	InPages  int64     `json:"in_pages"` // by what the site answers
	Reported int64     `json:"reported"` // by browsers; anyone can forge it
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
}

// Location returns the zone of the report, or UTC on a machine that doesn't know
// it.
func (m Month) Location() *time.Location {
	location, err := time.LoadLocation(m.Timezone)
	if err != nil {
		return time.UTC
	}
	return location
}
