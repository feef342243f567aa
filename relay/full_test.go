package relay_test

import "testing"

// seeds is how many of so many histories are played: two with the race detector.
func seeds(all uint64) uint64 {
	if racing {
		return min(all, 2)
	}
	return all
}

// inFull skips what would take minutes with the race detector.
func inFull(t *testing.T) {
	t.Helper()
	if racing {
		t.Skip("runs without the race detector")
	}
}
