//go:build race

package queue_test

// racing says that the race detector runs, which makes everything ten times slower.
const racing = true
