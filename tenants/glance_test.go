package tenants

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkGlance looks at the secrets of 10,000 tenants: every two seconds it must cost next to nothing.
func BenchmarkGlance(b *testing.B) {
	r := tenThousand(b)
	if n := len(r.referred()); n != 10_001 {
		b.Fatalf("%d files", n)
	}
	var l look
	l.changed(r.referred())
	for b.Loop() {
		if fresh := l.changed(r.referred()); len(fresh) > 0 {
			b.Fatal(fresh)
		}
	}
}

// BenchmarkReread reads the one tenant again whose secret is another.
func BenchmarkReread(b *testing.B) {
	r := tenThousand(b)
	for b.Loop() {
		if changed, faults := r.reread([]string{filepath.Join(r.dir, "key77")}); len(changed) > 0 || len(faults) > 0 {
			b.Fatal(changed, faults)
		}
	}
}

// tenThousand are tenants, each with a file of its own and one that all share.
func tenThousand(b *testing.B) *Registry {
	b.Helper()
	dir := b.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	put("shared", "x")
	for i := range 10_000 {
		put(fmt.Sprintf("key%d", i), "x")
		put(fmt.Sprintf("t%d.yaml", i), fmt.Sprintf("id: t%d\nname: T\ntargets:\n- {id: a, product: p, credentials: {key: \"${file:key%d}\", other: \"${file:shared}\"}}\n", i, i))
	}
	r, err := Open(dir, nil)
	if err != nil {
		b.Fatal(err)
	}
	return r
}
