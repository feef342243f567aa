package queue_test

import "testing"

// inFull skips what would take minutes with the race detector. .ci/test runs this package without
// it as well.
func inFull(t *testing.T) {
	t.Helper()
	if racing {
		t.Skip("runs without the race detector")
	}
}
