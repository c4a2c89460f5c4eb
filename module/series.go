package module

import (
	"sync"

	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	// serviceSeries bounds the series that name a service. The catalogue times the
	// layers would be more than a thousand.
	serviceSeries = 96
	// forgedSeries is how many of them may come from what nothing but visitors'
	// requests shows, which can be forged.
	forgedSeries = 24

	// otherService stands for the services that have no series of their own, and
	// unknownService for what belongs to none.
	otherService   = "other"
	unknownService = "unknown"
)

// serviceCounters count by service with a bounded number of series. Nobody but the
// site and its operator may use up what is left for the services that it has.
type serviceCounters struct {
	blocked, leaked *prometheus.CounterVec

	mu     sync.RWMutex
	series map[layerService]prometheus.Counter
	known  map[string]bool // services that the site shows or the configuration names
	room   int             // for what only visitors show
}

// layerService are the labels of a series; leaks have no layer.
type layerService struct {
	layer   gate.Layer
	service string
}

func newServiceCounters(blocked, leaked *prometheus.CounterVec) *serviceCounters {
	return &serviceCounters{
		blocked: blocked, leaked: leaked, room: forgedSeries,
		series: make(map[layerService]prometheus.Counter), known: map[string]bool{unknownService: true},
	}
}

// name tells of services that the configuration names.
func (c *serviceCounters) name(services []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, service := range services {
		c.known[service] = true
	}
}

// of returns the counter of what a layer stopped; without a layer, of what leaked.
func (c *serviceCounters) of(layer gate.Layer, service string) prometheus.Counter {
	key := layerService{layer, service}
	c.mu.RLock()
	counter := c.series[key]
	c.mu.RUnlock()
	if counter != nil {
		return counter
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.series[key] == nil {
		if !c.admits(key) {
			return c.with(layer, otherService)
		}
		c.series[key] = c.with(layer, service)
	}
	return c.series[key]
}

// admits decides whether a service gets a series; c.mu is held.
func (c *serviceCounters) admits(key layerService) bool {
	if len(c.series) >= serviceSeries {
		return false
	}
	switch key.layer {
	case "", gate.LayerCookie, gate.LayerCollector, gate.LayerGuard, gate.LayerCSP:
		if c.known[key.service] {
			return true
		}
		c.room--
		return c.room >= 0
	}
	c.known[key.service] = true
	return true
}

func (c *serviceCounters) with(layer gate.Layer, service string) prometheus.Counter {
	if layer == "" {
		return c.leaked.WithLabelValues(service)
	}
	return c.blocked.WithLabelValues(string(layer), service)
}
