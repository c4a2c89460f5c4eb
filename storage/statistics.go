package storage

import (
	"context"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// ChoiceCount says how many events of the ledger share day and manner.
type ChoiceCount struct {
	Day      policy.Day `json:"day"` // local
	Event    Event      `json:"event"`
	Method   Method     `json:"method"`
	Language string     `json:"language"`
	GPC      bool       `json:"gpc"` // the request carried Sec-GPC: 1
	DNT      bool       `json:"dnt"` // the request carried DNT: 1
	Count    int64      `json:"count"`
}

// ActCount sums up the acts of destruction of one kind and reason.
type ActCount struct {
	Kind   string `json:"kind"`
	Reason Reason `json:"reason"`
	Acts   int64  `json:"acts"`
	Rows   int64  `json:"rows"`
	// Slowest is the longest time from an act to the proof that the bytes were
	// gone; zero when there is no proof yet.
	Slowest  time.Duration `json:"slowest"`
	Unproven int64         `json:"unproven"` // acts whose bytes aren't proven gone yet
	Residual int64         `json:"residual"` // of these, acts whose bytes the last scan still found
}

// Statistics are counts over what a store holds. No row of a visitor leaves it by
// them. Every period has from in it, and to not.
type Statistics interface {
	Popularity
	// Choices counts the events of a period by day, event, method, language, GPC and
	// DNT, and orders them so.
	Choices(ctx context.Context, from, to time.Time) ([]ChoiceCount, error)
	// EventsBetween counts the events of a period. It is cheaper than Choices.
	EventsBetween(ctx context.Context, from, to time.Time) (map[Event]int64, error)
	// ActsBetween sums up the acts of a period, ordered by kind and reason.
	ActsBetween(ctx context.Context, from, to time.Time) ([]ActCount, error)
}
