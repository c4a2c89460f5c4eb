package sqlite

import (
	"testing"
	_ "time/tzdata"

	"github.com/mamen-ai/consentgate/storage"
	"github.com/mamen-ai/consentgate/storage/storagetest"
)

func TestConformance(t *testing.T) {
	storagetest.Run(t, func(t *testing.T, o storagetest.Options) storage.Store {
		s, err := Open(t.Context(), Options{Dir: t.TempDir(), Location: o.Location, Clock: o.Clock, Window: o.Window, Key: o.Key, Target: storagetest.Target})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
