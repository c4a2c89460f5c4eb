package sqlite

import (
	"context"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// held is how many records the store of BenchmarkRecords holds; "make
// bench-records" asks for ten million.
var held = flag.Int("records", 100_000, "records that the benchmarked store holds")

// BenchmarkAcknowledgements compares consents that share commits with consents
// that are committed one by one, in turns on the same disk. All are durable when
// they are counted.
//
//	go test -run '^$' -bench Acknowledgements -benchtime 20x ./storage/sqlite
func BenchmarkAcknowledgements(b *testing.B) {
	const clients, span = 200, 500 * time.Millisecond
	s := benchStore(b, b.TempDir())
	var alone, grouped, ratios []float64
	for b.Loop() {
		one, many := acknowledged(b, s, 1, span), acknowledged(b, s, clients, span)
		alone, grouped, ratios = append(alone, one), append(grouped, many), append(ratios, many/one)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(alone), "alone/s")
	b.ReportMetric(median(grouped), "grouped/s")
	b.ReportMetric(median(ratios), "ratio")
}

// acknowledged returns how many consents per second so many waiting clients get.
func acknowledged(b *testing.B, s *Store, clients int, span time.Duration) float64 {
	b.Helper()
	end := time.Now().Add(span)
	counts := make([]int, clients)
	var group sync.WaitGroup
	for i := range clients {
		group.Go(func() {
			for time.Now().Before(end) {
				if err := giveConsent(b.Context(), s); err != nil {
					b.Error(err)
					return
				}
				counts[i]++
			}
		})
	}
	group.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return float64(total) / span.Seconds()
}

func giveConsent(ctx context.Context, s *Store) error {
	c := fullConsent()
	c.At = s.clock()
	_, err := s.AppendConsent(ctx, c, &storage.Person{IP: netip.MustParseAddr("203.0.113.0"), Browser: "Firefox"})
	return err
}

// BenchmarkRecords fills a store with -records records in some 1,600 day tables
// and measures what an operator feels: how long it takes to open, how long
// consents wait while nothing else happens, while the oldest day goes every two
// seconds ("busy") and every half second ("backlog"), how long it takes to destroy
// a day, and what memory is used before and after.
//
//	make bench-records
func BenchmarkRecords(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		tables := fill(b, dir, *held)
		var opened []float64
		for range 5 {
			began := time.Now()
			s := benchStore(b, dir)
			opened = append(opened, milliseconds(time.Since(began)))
			s.Close()
		}
		s := benchStore(b, dir)
		before := residentMemory(b)
		idle := waits(b, s, func(stop <-chan struct{}) { <-stop })
		var drops, scrubs []float64
		destroying := func(pace time.Duration) []float64 {
			return waits(b, s, func(stop <-chan struct{}) {
				days := time.NewTicker(pace)
				defer days.Stop()
				for {
					drop, scrub := destroyDay(b, s)
					drops, scrubs = append(drops, drop), append(scrubs, scrub)
					select {
					case <-days.C:
					case <-stop:
						return
					}
				}
			})
		}
		busy, backlog := destroying(2*time.Second), destroying(500*time.Millisecond)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(tables), "tables")
		b.ReportMetric(median(opened), "open-ms")
		b.ReportMetric(quantile(idle, .5), "idle-p50-ms")
		b.ReportMetric(quantile(idle, .99), "idle-p99-ms")
		b.ReportMetric(quantile(busy, .5), "busy-p50-ms")
		b.ReportMetric(quantile(busy, .99), "busy-p99-ms")
		b.ReportMetric(quantile(busy, .99)/quantile(idle, .99), "busy-p99-ratio")
		b.ReportMetric(quantile(backlog, .99), "backlog-p99-ms")
		b.ReportMetric(quantile(backlog, .99)/quantile(idle, .99), "backlog-p99-ratio")
		b.ReportMetric(median(drops), "drop-day-ms")
		b.ReportMetric(quantile(drops, 1), "drop-day-max-ms")
		b.ReportMetric(median(scrubs), "scrub-day-ms")
		b.ReportMetric(before, "rss-before-MiB")
		b.ReportMetric(residentMemory(b), "rss-after-MiB")
	}
}

func benchStore(b *testing.B, dir string) *Store {
	b.Helper()
	zone := almaty(b)
	s, err := Open(b.Context(), Options{Dir: dir, Location: zone, Window: func(kind string) policy.Window {
		if kind == "audience" {
			return policy.Months24
		}
		return policy.Months14
	}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// fill spreads records over the days whose windows are running: a visit with its
// IP record over 14 months, and another IP record over 24. It returns the number
// of day tables.
func fill(b *testing.B, dir string, records int) (tables int) {
	b.Helper()
	s := benchStore(b, dir)
	defer s.Close()
	today := policy.DayOf(time.Now(), s.location)
	id := make([]consent.ID, 1000)
	for i := range id {
		id[i] = consent.NewID()
	}
	const short, long = 425, 729 // days of 14 and 24 months, about
	perDay := max(1, records/(2*short+long))
	for age := long; age >= 0; age-- {
		noon := policy.DayFromNumber(today.Number() - age).Start(s.location).Add(12 * time.Hour)
		err := s.alone(b.Context(), func(w *writer) error {
			return w.transact(func() error {
				for i := range perDay {
					v := storage.Visit{At: noon.Add(time.Duration(i) * time.Millisecond), ConsentID: id[i%len(id)], Host: "mamen.ai",
						Person: storage.Person{IP: netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)}), Browser: "Firefox"},
						Path:   "/catalog/item/" + strconv.Itoa(i%977), OS: "Windows", Device: "desktop",
						Services: []storage.VisitService{{Service: "matomo", VisitorID: "0123456789abcdef"}}}
					if age < short {
						if err := w.appendVisit(v); err != nil {
							return err
						}
					}
					record := ipRecord{purpose: purposeAnalytics, service: "audience", visitorID: "0123456789abcdef"}
					if err := w.addIP("audience", v.At, v.ConsentID, v.Person, record); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	parts, err := s.Parts(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return len(parts)
}

// waits gives a consent each five milliseconds for ten seconds, while run runs
// beside it, and returns in milliseconds how long each took from when it was due.
func waits(b *testing.B, s *Store, run func(stop <-chan struct{})) []float64 {
	b.Helper()
	const pace, count = 5 * time.Millisecond, 2000
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		run(stop)
		close(stopped)
	}()
	took := make([]float64, count)
	var group sync.WaitGroup
	began := time.Now()
	for i := range count {
		due := began.Add(time.Duration(i) * pace)
		time.Sleep(time.Until(due))
		group.Go(func() {
			if err := giveConsent(b.Context(), s); err != nil {
				b.Error(err)
			}
			took[i] = milliseconds(time.Since(due))
		})
	}
	group.Wait()
	close(stop)
	<-stopped
	return took
}

// destroyDay drops the tables of the oldest day and scrubs, and returns how long
// each took in milliseconds.
func destroyDay(b *testing.B, s *Store) (drop, scrub float64) {
	b.Helper()
	parts, err := s.Parts(b.Context())
	if err != nil {
		b.Error(err)
		return 0, 0
	}
	live := slices.DeleteFunc(parts, func(p storage.Part) bool { return p.State != storage.Live || p.Kind != storage.VisitsKind })
	began := time.Now()
	for _, part := range live {
		if part.Day != live[0].Day {
			break
		}
		if _, err := s.DropPart(b.Context(), part.Name, storage.WindowEnded, "benchmark"); err != nil {
			b.Error(err)
		}
	}
	dropped := time.Now()
	if residual, err := s.Scrub(b.Context()); err != nil || residual != 0 {
		b.Errorf("Scrub = %d, %v", residual, err)
	}
	return milliseconds(dropped.Sub(began)), milliseconds(time.Since(dropped))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(values []float64) float64 { return quantile(values, .5) }

func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// residentMemory returns the process's in MiB, 0 where it can't be told.
func residentMemory(b *testing.B) float64 {
	runtime.GC()
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(os.Getpid()), "status"))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(raw), "VmRSS:")
	kib, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
