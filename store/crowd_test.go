//go:build !race

package store_test

// crowd is how many people the largest groups of these tests have.
const crowd = 100_000

// racing says that the race detector runs.
const racing = false
