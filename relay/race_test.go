//go:build race

package relay_test

// racing says that the race detector slows everything down: what proves by its amount does a part
// then, and the whole of it without the detector, as .ci/test asks for.
const racing = true
