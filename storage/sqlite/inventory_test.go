package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/inventory"
)

func someSighting(name string) inventory.Sighting {
	return inventory.Sighting{
		Key:   inventory.Key{Kind: inventory.Host, Source: inventory.Report, Name: name},
		Count: 1, First: noon.Truncate(time.Hour), Last: noon.Truncate(time.Hour),
	}
}

// TestFailedInventoryChangesNothing pins that it is written whole or not at all,
// and that records can be written afterwards.
func TestFailedInventoryChangesNothing(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	kept := someSighting("kept.example")
	if err := s.SaveInventory(t.Context(), []inventory.Sighting{kept}, nil); err != nil {
		t.Fatal(err)
	}
	mustExec(t, raw(t, s.path), "CREATE TRIGGER full BEFORE INSERT ON inventory WHEN NEW.name = 'bad.example' BEGIN SELECT RAISE(ABORT, 'disk full'); END")
	err := s.SaveInventory(t.Context(), []inventory.Sighting{someSighting("good.example"), someSighting("bad.example")}, []inventory.Key{kept.Key})
	if err == nil {
		t.Error("SaveInventory: no error")
	}
	list, err := s.Inventory(t.Context())
	if err != nil || len(list) != 1 || list[0] != kept {
		t.Errorf("Inventory = %+v, %v; want %+v", list, err, kept)
	}
	if err := s.SaveInventory(t.Context(), []inventory.Sighting{someSighting("good.example")}, nil); err != nil {
		t.Errorf("SaveInventory after a failure: %v", err)
	}
}

// TestEachOlderSchemaIsBroughtUpToDate pins that what every version before kept
// survives the way to the newest.
func TestEachOlderSchemaIsBroughtUpToDate(t *testing.T) {
	steps, err := migrations(migrationFiles)
	if err != nil {
		t.Fatal(err)
	}
	for _, older := range steps[:len(steps)-1] {
		path := filepath.Join(t.TempDir(), databaseName)
		db := raw(t, path)
		mustExec(t, db, "PRAGMA auto_vacuum = 2") // as this package makes it
		for _, step := range steps[:older.version] {
			mustExec(t, db, step.script)
		}
		mustExec(t, db, "INSERT INTO meta (name, value) VALUES ('kept', 7)")
		mustExec(t, db, fmt.Sprintf("PRAGMA user_version = %d", older.version))
		db.Close()
		s, _ := openAt(t, filepath.Dir(path))
		var version, kept int
		db = raw(t, path)
		if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil || version != len(steps) {
			t.Errorf("from %d: version %d, %v; want %d", older.version, version, err, len(steps))
		}
		if err := db.QueryRow("SELECT value FROM meta WHERE name = 'kept'").Scan(&kept); err != nil || kept != 7 {
			t.Errorf("from %d: kept %d, %v", older.version, kept, err)
		}
		if err := s.SaveInventory(t.Context(), []inventory.Sighting{someSighting("new.example")}, nil); err != nil {
			t.Errorf("from %d: %v", older.version, err)
		}
	}
}
