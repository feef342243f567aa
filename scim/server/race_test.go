//go:build race

package server_test

// racing says that the race detector slows everything down: what proves by its amount does a part.
const racing = true
