package tenants_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func BenchmarkOpenThousandTenants(b *testing.B) {
	f := thousand(b)
	for b.Loop() {
		if r := mustOpen(b, f, nil); len(r.All()) != 1000 {
			b.Fatal(len(r.All()))
		}
	}
}

func TestAThousandTenantsLoad(t *testing.T) {
	t.Parallel()
	f := thousand(t)
	start := time.Now()
	r := mustOpen(t, f, nil)
	opened := time.Now()
	if _, faults := r.Reload(); len(r.All()) != 1000 || len(faults) > 0 {
		t.Fatal(len(r.All()), faults)
	}
	t.Logf("opened in %v, read again in %v", opened.Sub(start), time.Since(opened))
}

func thousand(t testing.TB) folder {
	t.Helper()
	f := folder(t.TempDir())
	example, err := os.ReadFile(acme)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		id := fmt.Sprintf("id: t%04d", i)
		f.put(t, fmt.Sprintf("%04d.yaml", i), strings.Replace(string(example), "id: acme", id, 1))
	}
	return f
}
