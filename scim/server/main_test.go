package server_test

import (
	"os"
	"testing"

	"scimrelay/internal/services"
	"scimrelay/store/storetest"
)

var databases services.Databases

func TestMain(m *testing.M) { os.Exit(compatibility.settle(services.Main(m, &databases))) }

// stores are the databases that everything has to hold on.
var stores = map[string]func(tb testing.TB) (url string){
	"sqlite":   func(tb testing.TB) string { return storetest.Fresh(tb, tb.TempDir()) },
	"postgres": func(tb testing.TB) string { return databases.New(tb) },
}

// onEachStore runs a test in a world of its own on each store.
func onEachStore(t *testing.T, test func(t *testing.T, w *world)) {
	for name, open := range stores {
		t.Run(name, func(t *testing.T) { test(t, newWorld(t, open(t))) })
	}
}
