package connectors_test

import (
	"os"
	"testing"

	"scimrelay/connectors"
)

func BenchmarkCompileMapping(b *testing.B) {
	data, err := os.ReadFile("sage/mapping.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, faults := connectors.CompileMapping(connectors.Source{Product: data}); len(faults) > 0 {
			b.Fatal(faults)
		}
	}
}
