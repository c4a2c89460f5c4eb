package consent

import "net/http"

// GPC reports whether the request carries the Global Privacy Control signal.
// Only the exact value "1" counts (W3C Global Privacy Control, §3.2).
func GPC(header http.Header) bool { return saysOne(header["Sec-Gpc"]) }

// DNT reports whether the request carries the signal Do Not Track. Only the exact
// value "1" counts: no browser sends the extensions that may follow it (W3C
// Tracking Preference Expression, §5.2).
func DNT(header http.Header) bool { return saysOne(header["Dnt"]) }

func saysOne(values []string) bool { return len(values) == 1 && values[0] == "1" }
