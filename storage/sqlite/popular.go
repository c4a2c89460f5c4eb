package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// maxPopular bounds how many names of a sort are told apart; the rest is summed up.
const maxPopular = 100_000

// audience is who shares something; after enough of them nobody else is noted.
type audience struct {
	visits   int64
	visitors []string
}

// audiences are those of a sort, by name.
type audiences struct {
	named map[string]*audience
	rest  int64
}

func (a *audiences) count(name, visitor string) {
	shared := a.named[name]
	if shared == nil {
		if name == "" || len(a.named) >= maxPopular {
			a.rest++
			return
		}
		shared = new(audience)
		a.named[name] = shared
	}
	shared.visits++
	if len(shared.visitors) < storage.EnoughVisitors && !slices.Contains(shared.visitors, visitor) {
		shared.visitors = append(shared.visitors, visitor)
	}
}

// shares returns what may be named, and the rest.
func (a *audiences) shares() []storage.Share {
	list := []storage.Share{}
	rest := a.rest
	for name, shared := range a.named {
		if len(shared.visitors) < storage.EnoughVisitors {
			rest += shared.visits
			continue
		}
		list = append(list, storage.Share{Name: name, Visits: shared.visits})
	}
	slices.SortFunc(list, func(x, y storage.Share) int {
		return cmp.Or(cmp.Compare(y.Visits, x.Visits), cmp.Compare(x.Name, y.Name))
	})
	if rest > 0 {
		list = append(list, storage.Share{Visits: rest})
	}
	return list
}

// Popular counts what may be read of the visits of the days from the one in which
// since lies on.
func (s *Store) Popular(ctx context.Context, since time.Time) (storage.Popular, error) {
	var found storage.Popular
	var sorts [3]audiences // pages, browsers, devices
	for i := range sorts {
		sorts[i].named = make(map[string]*audience)
	}
	err := s.view(ctx, func(tx *sql.Tx) error {
		parts, err := readParts(ctx, tx, readable+" AND tbl = ? AND day >= ?",
			s.clock().UnixMilli(), visitsTable, policy.DayOf(since, s.location).String())
		if err != nil {
			return err
		}
		for _, part := range parts {
			visits, err := countVisits(ctx, tx, part.Name, &sorts)
			if err != nil {
				return err
			}
			found.Visits += visits
		}
		return nil
	})
	if err != nil {
		return storage.Popular{}, fmt.Errorf("counting what visits share: %w", err)
	}
	found.Pages, found.Browsers, found.Devices = sorts[0].shares(), sorts[1].shares(), sorts[2].shares()
	return found, nil
}

// countVisits counts those of one day table. The canary is no visit.
func countVisits(ctx context.Context, tx *sql.Tx, table string, sorts *[3]audiences) (visits int64, err error) {
	rows, err := tx.QueryContext(ctx, fmt.Sprintf("SELECT host || path, browser, device, consent_id FROM %q WHERE id > 0", table))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var names [3]string
		var visitor []byte
		if err := rows.Scan(&names[0], &names[1], &names[2], &visitor); err != nil {
			return 0, err
		}
		visits++
		for i, name := range names {
			sorts[i].count(name, string(visitor))
		}
	}
	return visits, rows.Err()
}
