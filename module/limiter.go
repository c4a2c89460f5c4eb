package module

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Writes to the endpoints are limited by token buckets, one per client network
// and one for all clients together.
const (
	clientRate  = rate.Limit(1) // per second
	clientBurst = 20
	totalRate   = rate.Limit(2000)
	totalBurst  = 4000
	maxClients  = 10_000
)

// limiter bounds what a client, and all of them, may write.
type limiter struct {
	now     func() time.Time
	total   *rate.Limiter
	reports *rate.Limiter

	mu      sync.Mutex
	clients map[netip.Addr]*rate.Limiter
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{
		now:     now,
		total:   rate.NewLimiter(totalRate, totalBurst),
		reports: rate.NewLimiter(reportRate, int(2*reportRate)),
		clients: make(map[netip.Addr]*rate.Limiter),
	}
}

// allow takes one token for the client. An IPv6 client is its /64, since a
// subscriber commands all of it.
func (l *limiter) allow(client netip.Addr) bool {
	if client.Is6() {
		if prefix, err := client.Prefix(64); err == nil {
			client = prefix.Addr()
		}
	}
	now := l.now()
	l.mu.Lock()
	bucket, ok := l.clients[client]
	if !ok {
		if len(l.clients) >= maxClients {
			l.forget(now)
		}
		bucket = rate.NewLimiter(clientRate, clientBurst)
		l.clients[client] = bucket
	}
	l.mu.Unlock()
	return bucket.AllowN(now, 1) && l.total.AllowN(now, 1)
}

// forget drops the buckets that are full again, and all of them when none is;
// l.mu is held.
func (l *limiter) forget(now time.Time) {
	for client, bucket := range l.clients {
		if bucket.TokensAt(now) >= clientBurst {
			delete(l.clients, client)
		}
	}
	if len(l.clients) >= maxClients {
		clear(l.clients)
	}
}

// reportRate bounds how many reports all browsers together may have counted, per
// second: a page with many violations sends one each.
const reportRate = rate.Limit(1000)

// allowReport takes one token from the bucket of reports.
func (l *limiter) allowReport() bool { return l.reports.AllowN(l.now(), 1) }
