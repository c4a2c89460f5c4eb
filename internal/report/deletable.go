package report

// Deletable says whether a single visitor can be deleted at a service.
type Deletable string

// The answers to it.
const (
	Yes     Deletable = "yes"
	No      Deletable = "no"
	Unclear Deletable = "not known"
)

// DeletableAt returns whether one visitor can be deleted at the service of the
// catalogue's ID, and how: as the vendors' public documents said in November 2026.
func DeletableAt(service string) (answer Deletable, how string) {
	switch service {
	case "visits":
		return Yes, "at once, by the edge itself"
	case "matomo":
		return Yes, "PrivacyManager.deleteDataSubjects, at once"
	case "posthog":
		return Yes, "persons API with delete_events, swept weekly"
	case "ga4":
		return Yes, "submitUserDeletion; servers are purged every two months only"
	case "amplitude":
		return Yes, "deletions API, up to 30 days"
	case "mixpanel":
		return Yes, "data-deletions API, several weeks"
	case "plausible":
		return No, "keeps no lasting identifier; its salts are gone after 48 hours"
	case "umami":
		return No, "no API; by a query on its own database"
	case "yandex_metrica":
		return No, "no API for one visitor was found"
	}
	return Unclear, "ask the vendor"
}
