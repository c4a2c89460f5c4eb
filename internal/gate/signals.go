package gate

import (
	"bytes"
	"slices"
)

// Signals returns the vendors' own consent calls that follow from the choice:
// JavaScript in ASCII that must run before anything else of the page. First
// everything that isn't allowed is denied, then what is allowed is granted, so that
// products which share a call each keep their own. Of services that the operator
// doesn't use there is none. They count where a vendor's code runs although nothing
// told the edge so: bundled, proxied, or loaded by a tag manager.
func (p *Permit) Signals() []byte { return p.signals }

func (p *Permit) consentCalls() []byte {
	var calls []string
	add := func(call string) {
		if call != "" && !slices.Contains(calls, call) {
			calls = append(calls, call)
		}
	}
	for i, service := range p.gate.services {
		if !p.running[i] && p.gate.never[i] != NotInUse {
			for _, signal := range service.Signals {
				add(signal.Denied)
			}
		}
	}
	for i, service := range p.gate.services {
		if p.running[i] {
			for _, signal := range service.Signals {
				add(signal.Granted)
			}
		}
	}
	var script bytes.Buffer
	for _, call := range calls {
		script.WriteString(call)
	}
	return script.Bytes()
}
