package cursor

import (
	"bytes"
	"testing"
)

// FuzzState reads states as only a holder of the key could write them.
func FuzzState(f *testing.F) {
	f.Add(State{After: "u1", Key: []byte("k"), Count: 10}.append(nil))
	f.Add([]byte{2, 2, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := parse(b)
		if !ok {
			return
		}
		again, ok := parse(s.append(nil))
		if !ok || again.After != s.After || !bytes.Equal(again.Key, s.Key) || again.Count != s.Count ||
			!again.Issued.Equal(s.Issued) {
			t.Fatalf("%v became %v", s, again)
		}
	})
}
