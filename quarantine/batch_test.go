package quarantine_test

import (
	"regexp"
	"strings"
	"testing"

	"scimrelay/quarantine"
)

func TestABatchsNameStandsForItsNumber(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^b-[0-9A-HJKMNP-TV-Z]{4}$`)
	seen := map[string]bool{}
	for n := int64(1); n < 1<<20; n += 97 {
		name := quarantine.BatchName("acme", "sage", n)
		if !form.MatchString(name) || seen[name] {
			t.Fatalf("%d is named %q", n, name)
		}
		seen[name] = true
		for _, written := range []string{name, strings.ToLower(name), strings.ReplaceAll(name, "0", "o"), strings.ReplaceAll(name, "1", "l")} {
			if got, ok := quarantine.BatchNumber("acme", "sage", written); !ok || got != n {
				t.Fatalf("%q stands for %d, %v, want %d", written, got, ok, n)
			}
		}
	}
}

// A target that has held more than four letters can name gets longer names, and the old ones stay.
func TestManyBatchesHaveLongerNames(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^b-[0-9A-HJKMNP-TV-Z]{8}$`)
	for _, n := range []int64{1 << 20, 1<<20 + 1, 3 << 20, 1<<40 - 1} {
		name := quarantine.BatchName("acme", "sage", n)
		if got, ok := quarantine.BatchNumber("acme", "sage", strings.ToLower(name)); !form.MatchString(name) || !ok || got != n {
			t.Errorf("%d is named %q, which stands for %d, %v", n, name, got, ok)
		}
	}
	if last := quarantine.BatchName("acme", "sage", 1<<20-1); len(last) != 6 {
		t.Errorf("the last short name is %q", last)
	}
	if name := quarantine.BatchName("acme", "sage", 12345); name != "b-8Q0J" {
		t.Errorf("12345 is named %q, as it never was", name)
	}
}

func TestASlipInABatchsNameFindsNone(t *testing.T) {
	t.Parallel()
	const waiting = 1000
	found := 0
	for n := int64(1); n <= waiting; n++ {
		name := quarantine.BatchName("acme", "sage", n)
		for i := 2; i < len(name); i++ {
			slip := name[:i] + "7" + name[i+1:]
			if got, ok := quarantine.BatchNumber("acme", "sage", slip); slip != name && ok && got >= 1 && got <= waiting {
				found++
			}
		}
		if got, ok := quarantine.BatchNumber("acme", "dastra", name); ok && got == n {
			t.Errorf("%q is a batch of two targets", name)
		}
	}
	if found > 4*waiting/100 {
		t.Errorf("%d slips of %d find another batch", found, 4*waiting)
	}
	for _, no := range []string{"", "b-", "b-7F3", "b-7F3KX", "7F3K", "b-7F!K", "b-UUUU", "b-é3K"} {
		if n, ok := quarantine.BatchNumber("acme", "sage", no); ok {
			t.Errorf("%q stands for %d", no, n)
		}
	}
}
