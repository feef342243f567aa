//go:build race

package store_test

// crowd is smaller with the race detector, under which SQLite is twenty times as slow.
const crowd = 5_000
