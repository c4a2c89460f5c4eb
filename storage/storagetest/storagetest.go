// Package storagetest is the conformance suite of storage.Store: what every
// database must do alike. How a database proves that bytes are gone is its own
// and is tested beside it.
package storagetest

import (
	"context"
	"crypto/ed25519"
	"sync"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// Options are what the suite asks of a store that it opens.
type Options struct {
	Clock    func() time.Time
	Key      func(context.Context) (ed25519.PrivateKey, error)
	Location *time.Location
	Window   func(kind string) policy.Window
}

// Clock is a clock that stands until it is set. The zero Clock is not useful:
// use [NewClock].
type Clock struct {
	guard sync.Mutex
	now   time.Time
}

// NewClock returns a clock that shows t.
func NewClock(t time.Time) *Clock { return &Clock{now: t} }

// Now returns the time the clock shows.
func (c *Clock) Now() time.Time {
	c.guard.Lock()
	defer c.guard.Unlock()
	return c.now
}

// Set makes the clock show t.
func (c *Clock) Set(t time.Time) {
	c.guard.Lock()
	defer c.guard.Unlock()
	c.now = t
}

// Run runs the suite. open returns an empty store; the suite closes it.
func Run(t *testing.T, open func(t *testing.T, o Options) storage.Store) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, f *fixture)
	}{
		{"consent comes back as it was written", consentComesBack},
		{"refusal has no ID and no IP record", refusalHasNoID},
		{"chain links each row to the one before", chainLinks},
		{"concurrent consents make one chain", concurrentConsents},
		{"consent of another time is refused", otherTimes},
		{"visit writes one record per service", visitRecords},
		{"IP record is written once a day", ipOnceADay},
		{"visit without a service has one IP record", visitWithoutService},
		{"visit that can't be stored is counted", refusedVisits},
		{"visit after withdrawal is discarded", visitAfterWithdrawal},
		{"holding is of one ID only", holdingOfOneID},
		{"record is readable until the exact end of its window", exactEnd},
		{"month end is clamped", monthEnd},
		{"day of 25 hours is one part", longDay},
		{"dropping leaves an act", dropping},
		{"part that was dropped today can come again", droppedToday},
		{"erasing leaves others and the ledger", erasing},
		{"erasing takes queued visits too", erasingQueued},
		{"erasing takes records whose window has ended", erasingExpired},
		{"revoked consent is pending until it is erased", pendingUntilErased},
		{"revoked consent that holds nothing is pending until it is erased", pendingWithoutRecords},
		{"pending erasure keeps its first reason and time", pendingKeepsFirst},
		{"events that revoke nothing leave nothing pending", nothingPending},
		{"revoked are the IDs whose newest event says so", revokedByNewest},
		{"acts are the newest first", newestActs},
		{"clock mark only rises", clockMark},
		{"seed needs an empty store", seeding},
		{"inventory comes back as it was written", inventoryComesBack},
		{"inventory is no record", inventoryIsNoRecord},
		{"hidden rows are never counted", hiddenRows},
		{"documents are found by their hash", documents},
		{"row that refers to no document is counted", unresolved},
		{"month is sealed when it is complete", sealing},
		{"checkpoint tells what was cut off or rewritten", comparing},
		{"month goes when its term as evidence ends", termEnds},
		{"copy is for its owner and on record", copies},
		{"copy writes over nothing", copyRefused},
		{"choices are counted by local day", choicesByDay},
		{"what few visitors share isn't named", popularNamesNobody},
		{"acts are summed up by kind and reason", actsSummedUp},
		{"request comes back as it was written", requestComesBack},
		{"request is closed once", requestClosedOnce},
		{"request goes when its term as evidence ends", requestTermEnds},
		{"request takes effect with its event or not at all", requestEffect},
		{"closing a request can demand an erasure", requestErases},
		{"nothing is recorded under a blocked ID", blockStopsWrites},
		{"block ends with its end or with the consent", blockEnds},
		{"standing is what the store acts by", standings},
		{"revocation queues what its request shows", revocationQueues},
		{"only a revocation queues deletions", onlyRevocationQueues},
		{"erasure queues what the records hold", erasureQueues},
		{"deletion is tried again until it is done", deletionIsTriedAgain},
		{"finished deletion is evidence without its visitor", deletionIsEvidence},
		{"closed store answers ErrClosed", closed},
		{"ended context ends the call", endedContext},
	} {
		t.Run(test.name, func(t *testing.T) {
			almaty, err := time.LoadLocation("Asia/Almaty")
			if err != nil {
				t.Fatal(err)
			}
			f := &fixture{
				clock:  NewClock(time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)),
				almaty: almaty,
				id:     consent.NewID(),
			}
			f.store = open(t, Options{Clock: f.clock.Now, Location: almaty, Key: key, Window: func(kind string) policy.Window {
				if kind == longKind {
					return policy.Months24
				}
				return policy.Months14
			}})
			t.Cleanup(func() { f.store.Close() })
			test.run(t, f)
		})
	}
}
