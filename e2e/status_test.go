package e2e

import "time"

// Status is what "consent status --json" tells, as far as these tests look.
type Status struct {
	Problems     []string
	Parts        []Part
	Acts         []Act
	Verification struct {
		Rows int64
		OK   bool
	}
	Totals struct {
		Events  map[string]int
		Handles int `json:"database_handles"`
	}
}

// Part is a day table of a status.
type Part struct {
	Name, Kind, Table, Day, State string
	Rows                          int
	DropAt                        time.Time `json:"drop_at"`
}

// Act is the evidence of a destruction in a status.
type Act struct {
	Part, Kind, Reason, Actor string
	Rows                      int
	Scrubbed                  time.Time
}
