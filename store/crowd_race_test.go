//go:build race

package store_test

// crowd is smaller with the race detector, under which SQLite is twenty times as slow.
const crowd = 5_000

// racing says that the race detector runs: what takes how long says little then.
const racing = true
