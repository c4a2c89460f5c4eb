package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/mamen-ai/consentgate/internal/inventory"
)

// SaveInventory writes what the traffic showed, in one transaction between two
// commits of records.
func (s *Store) SaveInventory(ctx context.Context, seen []inventory.Sighting, gone []inventory.Key) error {
	err := s.alone(ctx, func(w *writer) error {
		return w.transact(func() error {
			for _, key := range gone {
				err := w.exec("DELETE FROM inventory WHERE kind = ? AND source = ? AND name = ? AND service = ?",
					string(key.Kind), string(key.Source), key.Name, key.Service)
				if err != nil {
					return err
				}
			}
			for _, sighting := range seen {
				if err := w.writeSighting(sighting); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("saving the inventory: %w", err)
	}
	return nil
}

func (w *writer) writeSighting(s inventory.Sighting) error {
	return w.exec(`INSERT INTO inventory (kind, source, name, service, page, count, blocked, first_at, last_at, lifetime)
		VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET page = excluded.page, count = excluded.count,
		blocked = excluded.blocked, first_at = excluded.first_at, last_at = excluded.last_at, lifetime = excluded.lifetime`,
		string(s.Kind), string(s.Source), s.Name, s.Service, s.Where, s.Count, s.Blocked, millis(s.First), millis(s.Last), int64(s.Lifetime))
}

// Inventory returns what SaveInventory has kept.
func (s *Store) Inventory(ctx context.Context) ([]inventory.Sighting, error) {
	sightings, err := list(ctx, s, func(rows *sql.Rows) (found inventory.Sighting, err error) {
		var first, last int64
		err = rows.Scan(&found.Kind, &found.Source, &found.Name, &found.Service, &found.Where, &found.Count, &found.Blocked, &first, &last, &found.Lifetime)
		found.First, found.Last = fromMillis(first), fromMillis(last)
		return found, err
	}, "SELECT kind, source, name, service, page, count, blocked, first_at, last_at, lifetime FROM inventory")
	if err != nil {
		return nil, fmt.Errorf("reading the inventory: %w", err)
	}
	return sightings, nil
}
