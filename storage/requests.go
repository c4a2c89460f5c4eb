package storage

import (
	"context"
	"errors"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
)

// ErrRequestClosed refuses to close a request a second time.
var ErrRequestClosed = errors.New("the request is closed already")

// RequestKind is what a data subject asks for (policy 3.4.1).
type RequestKind string

// The kinds of requests.
const (
	WithdrawRequest RequestKind = "withdraw" // consent ends: 3.4.1 (3)
	AccessRequest   RequestKind = "access"   // what is held: 3.4.1 (1)
	RectifyRequest  RequestKind = "rectify"  // 3.4.1 (2)
	BlockRequest    RequestKind = "block"    // nothing more is recorded or used: 3.4.1 (2)
	UnblockRequest  RequestKind = "unblock"  //
	EraseRequest    RequestKind = "erase"    // 3.4.1 (2)
)

// Channel is the way by which a request came.
type Channel string

// The channels of policy 3.4.1.
const (
	ByMail   Channel = "mail"
	ByLetter Channel = "letter"
)

// RequestResult is how a request ended.
type RequestResult string

// The results of a request.
const (
	RequestFulfilled    RequestResult = "fulfilled"
	RequestRefused      RequestResult = "refused"
	RequestUnidentified RequestResult = "unidentified" // nothing says whose data it is about: 3.4.2
)

// RequestKinds, Channels and RequestResults return the words that are known, in
// the order in which they are shown.
func RequestKinds() []RequestKind {
	return []RequestKind{WithdrawRequest, AccessRequest, RectifyRequest, BlockRequest, UnblockRequest, EraseRequest}
}

// Channels returns the channels that are known.
func Channels() []Channel { return []Channel{ByMail, ByLetter} }

// RequestResults returns the results that are known.
func RequestResults() []RequestResult {
	return []RequestResult{RequestFulfilled, RequestRefused, RequestUnidentified}
}

// Request is a data subject's request that came by letter or mail. It has no
// words of the subject's: they would be personal data.
type Request struct {
	ID        int64         `json:"id"` // set by the store, from 1
	Kind      RequestKind   `json:"kind"`
	ConsentID consent.ID    `json:"consent_id"` // zero when the subject couldn't name one
	Channel   Channel       `json:"channel"`
	Received  policy.Day    `json:"received"`
	Due       policy.Day    `json:"due"`              // by whose end it must be answered
	Added     time.Time     `json:"added_at"`         // set by the store
	Closed    time.Time     `json:"closed_at"`        // zero while it is open
	Result    RequestResult `json:"result,omitempty"` // empty while it is open
	Actor     string        `json:"actor"`            // who added it
}

// Open reports whether the request still waits for its answer.
func (r Request) Open() bool { return r.Closed.IsZero() }

// Overdue reports whether the request waits although its day is over.
func (r Request) Overdue(today policy.Day) bool { return r.Open() && r.Due.Before(today) }

// Requests is what a store keeps of the requests that came by letter or mail.
type Requests interface {
	// AddRequest records a request and returns it as written. effect, when given,
	// is the ledger's event by which it takes effect at once: both are durable
	// then, or neither. ErrClock refuses an event of another time.
	AddRequest(ctx context.Context, r Request, effect *Consent) (Request, error)
	// CloseRequest ends an open request, with the ledger's event that the result
	// demands: both or neither. An event that revokes a consent makes its erasure
	// pending. ErrUnknown and ErrRequestClosed refuse a number.
	CloseRequest(ctx context.Context, id int64, result RequestResult, effect *Consent) (Request, error)
	// Requests lists the requests that are open, or all, those due first at the
	// beginning.
	Requests(ctx context.Context, all bool) ([]Request, error)
	// DropRequests destroys the requests whose term as evidence has ended since they
	// were closed. The act has no rows when there are none.
	DropRequests(ctx context.Context, actor string) (Act, error)
	// Blocked returns the IDs under which nothing may be recorded, in the order of
	// their events: see [Blocked].
	Blocked(ctx context.Context) ([]consent.ID, error)
}

// Standing is what the events under one ID, the oldest first, have come to.
type Standing struct {
	Blocked bool
	Ended   bool // the consent was withdrawn or erased, and not given again
}

// InForce reports whether records may be kept under the ID and used.
func (s Standing) InForce() bool { return !s.Blocked && !s.Ended }

// StandingOf returns the standing after the events. A consent that is given again
// doesn't lift a block, and neither a block nor its end revives what was revoked.
func StandingOf(events []Consent) Standing {
	var s Standing
	for _, event := range events {
		_, revokes := event.Event.Revokes()
		switch {
		case revokes:
			s = Standing{Ended: true}
		case event.Event == Given:
			s.Ended = false
		case event.Event == Blocked:
			s.Blocked = true
		case event.Event == Unblocked:
			s.Blocked = false
		}
	}
	return s
}
