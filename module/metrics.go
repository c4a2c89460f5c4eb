package module

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
	"github.com/mamen-ai/consentgate/internal/retention"
	"github.com/mamen-ai/consentgate/storage"
	"github.com/prometheus/client_golang/prometheus"
)

// namespace is the prefix of every metric.
const namespace = "consentgate"

// metrics are the totals of one store's edge. They live as long as the store, so
// that counters survive a reload, and are registered once per configuration.
// No label holds an address, an ID, a path or a browser.
type metrics struct {
	bannerShown     prometheus.Counter
	choices         *prometheus.CounterVec
	choiceFailures  prometheus.Counter
	eraseFailures   prometheus.Counter
	services        *serviceCounters
	unknownReported prometheus.Counter
	rewriteBytes    prometheus.Counter
	rewriteSeconds  prometheus.Histogram
	oversize        *prometheus.CounterVec
	oversizeTags    prometheus.Counter // of oversize
	oversizeScripts prometheus.Counter // of oversize
	undecodable     prometheus.Counter
	commitSeconds   prometheus.Histogram
	destroyedRows   *prometheus.CounterVec
	purgeSuccess    prometheus.Gauge
	purgeFailures   prometheus.Counter
	clockTripped    prometheus.Gauge
	ledgerOK        prometheus.Gauge
	vendorFailures  *prometheus.CounterVec
	residual        prometheus.Gauge
	store           *storeCollector
}

func newMetrics(shared *sharedStore) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
	}
	vector := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
	}
	histogram := func(name, help string, buckets ...float64) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets})
	}
	oversize := vector("oversize_total", "Tags and inline scripts of pages that were too long to be judged whole.", "what")
	return &metrics{
		bannerShown:    counter("banner_shown_total", "Pages that went out with the banner."),
		choices:        vector("choices_total", "Choices made durable, by what was chosen and by which form.", "choice", "method"),
		choiceFailures: counter("choice_failures_total", "Choices that couldn't be stored; the visitor got 503 and nothing was unlocked."),
		eraseFailures:  counter("erase_failures_total", "Withdrawals whose data couldn't be destroyed at once."),
		services: newServiceCounters(
			vector("blocked_total", "Things stopped, by the layer that did it and the service they belong to.", "layer", "service"),
			vector("leaks_reported_total", "Connections to services that weren't allowed, as browsers report them.", "service"),
		),
		unknownReported: counter("unknown_reported_total", "Connections to third parties that no service names, as browsers report them."),
		rewriteBytes:    counter("rewrite_bytes_total", "Bytes of pages that went through the rewriter."),
		rewriteSeconds: histogram("rewrite_seconds", "Time a page spent in the rewriter, writing to the client included.",
			.00001, .000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .05, .25),
		oversize:        oversize,
		oversizeTags:    oversize.WithLabelValues("tag"),
		oversizeScripts: oversize.WithLabelValues("script"),
		undecodable:     counter("undecodable_pages_total", "Pages in a content coding that can't be undone; only their header was changed."),
		commitSeconds: histogram("commit_seconds", "Time the database took to make a group of records durable.",
			.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5),
		destroyedRows:  vector("destroyed_rows_total", "Records destroyed, by kind and reason.", "kind", "reason"),
		purgeSuccess:   gauge("purge_last_success_timestamp_seconds", "When the deletion of expired data last ran to its end."),
		purgeFailures:  counter("purge_failures_total", "Runs of the deletion of expired data that failed."),
		clockTripped:   gauge("clock_guard_tripped", "1 while nothing is destroyed because the clock is in doubt."),
		ledgerOK:       gauge("ledger_verify_ok", "1 when the ledger's hash chain was whole and the texts it refers to were there at the last check, 0 when not."),
		vendorFailures: vector("vendor_deletion_failures_total", "Tries to have a visitor's data deleted at a service's server that failed.", "service"),
		residual:       gauge("erasure_residual_bytes", "Bytes of destroyed data's markers still found in the database files."),
		store:          newStoreCollector(shared),
	}
}

// register adds the collectors to the registry of a configuration.
func (m *metrics) register(registry prometheus.Registerer, app *App) error {
	edition := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "edition_info", Help: "The edition of the privacy policy in force.",
		ConstLabels: prometheus.Labels{"edition": app.Policy.Edition.String()},
	}, func() float64 { return 1 })
	for _, collector := range []prometheus.Collector{
		m.bannerShown, m.choices, m.choiceFailures, m.eraseFailures, m.services.blocked, m.services.leaked, m.unknownReported,
		m.rewriteBytes, m.rewriteSeconds, m.oversize, m.undecodable, m.commitSeconds, m.destroyedRows,
		m.purgeSuccess, m.purgeFailures, m.clockTripped, m.ledgerOK, m.residual, m.vendorFailures, m.store, edition,
	} {
		if err := registry.Register(collector); err != nil {
			return err
		}
	}
	return nil
}

func (m *metrics) blocked(layer gate.Layer, service string) {
	m.services.of(layer, service).Inc()
}

func (m *metrics) leaked(service string) { m.services.of("", service).Inc() }

// observePage counts a page that was rewritten to its end.
func (m *metrics) observePage(took time.Duration, r *htmlstream.Rewriter) {
	m.rewriteSeconds.Observe(took.Seconds())
	m.oversizeTags.Add(float64(r.Oversize()))
	m.oversizeScripts.Add(float64(r.OversizeScripts()))
}

func (m *metrics) observeCommit(took time.Duration) { m.commitSeconds.Observe(took.Seconds()) }

func (m *metrics) observeActs(acts []storage.Act) {
	for _, act := range acts {
		m.destroyedRows.WithLabelValues(act.Kind, string(act.Reason)).Add(float64(act.Rows))
	}
}

// number is 1 for yes.
func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// canaryBytes is the length of the marker that each day table carries.
const canaryBytes = 32

func (m *metrics) observePurge(result retention.Result) {
	m.observeActs(result.Dropped)
	if result.Err == nil || result.Residual > 0 { // a scan that failed found nothing, and proves nothing
		m.residual.Set(float64(result.Residual * canaryBytes))
	}
	if result.Err == nil || result.ClockTripped {
		m.clockTripped.Set(number(result.ClockTripped))
	}
	switch {
	case result.Err == nil:
		m.purgeSuccess.Set(float64(result.At.Unix()))
	case !errors.Is(result.Err, context.Canceled) && !errors.Is(result.Err, storage.ErrClosed):
		m.purgeFailures.Inc()
	}
}

func (m *metrics) observeVerification(v storage.Verification) {
	m.ledgerOK.Set(number(v.OK && v.Unresolved == 0))
	m.residual.Set(float64(v.Residual * canaryBytes))
}

// storeCollector reads at each scrape what only the store knows.
type storeCollector struct {
	shared *sharedStore

	up, queueDepth, droppedVisits, parts, overdue, oldest, erasures, copies, unknown *prometheus.Desc
	free, size, window                                                               *prometheus.Desc
	requestsOpen, requestsOverdue, requestsNext, vendorPending, vendorOverdue        *prometheus.Desc

	mu sync.Mutex // one scrape at a time
}

func newStoreCollector(shared *sharedStore) *storeCollector {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
	}
	return &storeCollector{
		shared:        shared,
		up:            describe("storage_up", "1 when the store answers."),
		queueDepth:    describe("queue_depth", "Records that wait to be written."),
		droppedVisits: describe("dropped_visits_total", "Visits lost because the queue was full or their time was not the present."),
		parts:         describe("parts", "Day tables by kind and state.", "kind", "state"),
		overdue:       describe("purge_overdue_parts", "Day tables that are past their day and still there."),
		copies:        describe("copies_overdue", "Copies of the database that are past the day by which they must be destroyed."),
		erasures:      describe("pending_erasures", "Withdrawn consents whose data is still to be destroyed."),
		unknown:       describe("unknown_third_parties", "Third parties seen in the last 30 days that no service and no option names, by what shows them: pages, or only browsers' reports.", "source"),
		vendorPending: describe("vendor_deletions_pending", "Visitors whose data is still to be deleted at a service's server.", "service"),
		vendorOverdue: describe("vendor_deletions_overdue", "Of these, those whose deletion is past its day.", "service"),

		requestsOpen:    describe("requests_open", "Requests by letter or mail that wait for their answer."),
		requestsOverdue: describe("requests_overdue", "Requests by letter or mail whose day is over."),
		requestsNext:    describe("requests_next_due_timestamp_seconds", "When the day ends by which the most urgent open request must be answered."),

		free:   describe("storage_free_bytes", "What may still be written to the file system on which the store lies."),
		size:   describe("storage_size_bytes", "Size of the database with its write-ahead log."),
		window: describe("window_seconds", "How old a record of the kind may be to be read: its 14 or 24 calendar months, as long as they are to this day.", "kind"),
		oldest: describe("oldest_readable_row_age_seconds", "Age of the oldest record that can still be read.", "kind"),
	}
}

// Describe implements prometheus.Collector.
func (c *storeCollector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.up, c.queueDepth, c.droppedVisits, c.parts, c.overdue, c.oldest, c.erasures, c.copies, c.unknown,
		c.requestsOpen, c.requestsOverdue, c.requestsNext, c.vendorPending, c.vendorOverdue, c.free, c.size, c.window} {
		descriptions <- d
	}
}

// scrapeTimeout bounds how long a scrape waits for the store.
const scrapeTimeout = 5 * time.Second

// gaugeFunc sends the present value of a gauge.
type gaugeFunc func(d *prometheus.Desc, value float64, labels ...string)

// Collect implements prometheus.Collector.
func (c *storeCollector) Collect(out chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	gauge := gaugeFunc(func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	})
	if app := c.shared.settings(); app != nil {
		pages, reports := app.unknownHosts()
		gauge(c.unknown, float64(pages), "page")
		gauge(c.unknown, float64(reports), "report")
		for kind, length := range app.windowLengths() {
			gauge(c.window, length.Seconds(), kind)
		}
	}
	if free, err := freeBytes(c.shared.dir); err == nil {
		gauge(c.free, float64(free))
	}
	store := c.shared.current()
	if store == nil {
		gauge(c.up, 0)
		return
	}
	totals, err := store.Totals(ctx)
	var parts []storage.Part
	if err == nil {
		parts, err = store.Parts(ctx)
	}
	var oldest map[string]time.Time
	if err == nil {
		oldest, err = store.Oldest(ctx)
	}
	var erasures []storage.Erasure
	if err == nil {
		erasures, err = store.PendingErasures(ctx)
	}
	var copies []storage.Copy
	if err == nil {
		copies, err = store.Copies(ctx)
	}
	var requests []storage.Request
	if err == nil {
		requests, err = store.Requests(ctx, false)
	}
	var deletions []storage.DeletionCount
	if err == nil {
		deletions, err = store.DeletionCounts(ctx)
	}
	if err != nil {
		gauge(c.up, 0)
		return
	}
	gauge(c.up, 1)
	for _, count := range deletions {
		gauge(c.vendorPending, float64(count.Pending), count.Service)
		gauge(c.vendorOverdue, float64(count.Overdue), count.Service)
	}
	gauge(c.copies, float64(overdueCopies(copies, c.shared.clock())))
	gauge(c.erasures, float64(len(erasures)))
	gauge(c.requestsOpen, float64(len(requests)))
	if app := c.shared.settings(); app != nil {
		gauge(c.requestsOverdue, float64(overdueRequests(requests, app.today())))
		if len(requests) > 0 { // the most urgent is the first
			gauge(c.requestsNext, float64(requests[0].Due.End(app.location).Unix()))
		}
	}
	gauge(c.size, float64(databaseSize(totals.Database)))
	gauge(c.queueDepth, float64(totals.QueueDepth))
	out <- prometheus.MustNewConstMetric(c.droppedVisits, prometheus.CounterValue, float64(totals.Dropped))
	now := c.shared.clock()
	overdue := 0
	counts := make(map[[2]string]int)
	for _, part := range parts {
		counts[[2]string{part.Kind, string(part.State)}]++
		if part.State == storage.Live && !part.DropAt.After(now) {
			overdue++
		}
	}
	for key, count := range counts {
		gauge(c.parts, float64(count), key[0], key[1])
	}
	gauge(c.overdue, float64(overdue))
	for kind, at := range oldest {
		gauge(c.oldest, now.Sub(at).Seconds(), kind)
	}
}
