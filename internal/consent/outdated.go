package consent

// Outdated says why a choice is stale: none, one or several of the reasons.
type Outdated uint8

const (
	// ByEdition: the choice was made under another edition of the policy.
	ByEdition Outdated = 1 << iota
	// ByOffer: the site asks about services, or purposes of services, that it
	// didn't ask about then.
	ByOffer
	// ByTime: the months for which a choice is valid have passed.
	ByTime
	// ByTerms: records of a service that was allowed are kept for longer, or its data
	// goes to further countries.
	ByTerms
)

// Has reports whether the reason is among them.
func (o Outdated) Has(reason Outdated) bool { return o&reason != 0 }

// Names returns the reasons in words, for machines.
func (o Outdated) Names() []string {
	var names []string
	for i, name := range []string{"edition", "services", "expired", "terms"} {
		if o.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
}

// Outdate makes the choice stale for the reason.
func (c *Choice) Outdate(reason Outdated) {
	c.State = Stale
	c.Outdated |= reason
}
