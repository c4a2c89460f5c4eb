package storage

import (
	"context"
	"time"
)

// EnoughVisitors is how many visitors must share a page, a browser or a device for
// it to be named: of fewer, somebody could tell who it was.
const EnoughVisitors = 5

// Popularity says what recorded visits have in common. No row of a visitor leaves
// the store by it.
type Popularity interface {
	// Popular counts what may be read of the visits of the days from the one in which
	// since lies on.
	Popular(ctx context.Context, since time.Time) (Popular, error)
}

// Popular are counts of visits, the highest first.
type Popular struct {
	Visits   int64   `json:"visits"`
	Pages    []Share `json:"pages"` // host and path
	Browsers []Share `json:"browsers"`
	Devices  []Share `json:"devices"`
}

// Share is how many visits have something in common. What fewer than EnoughVisitors
// share is summed up under the empty name, which is last.
type Share struct {
	Name   string `json:"name"`
	Visits int64  `json:"visits"`
}
