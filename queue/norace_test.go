//go:build !race

package queue_test

// racing says that the race detector runs.
const racing = false
