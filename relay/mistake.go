package relay

import (
	"scimrelay/connectors"
	"scimrelay/store"
)

// meaning is read, with a mistake of ours in a mapping or a scope kept to the one link: it would
// end the process, and with it every other tenant's work.
func (s *Session) meaning(w store.Work) (it item) {
	defer func() {
		if p := recover(); p != nil {
			it = item{Work: w, fault: connectors.Panicked(p)}
		}
	}()
	return s.read(w)
}

// asked is the answer to a question about the item that connector or mapping is asked for. A
// mistake of theirs is the item's fault, and the answer no.
func (it *item) asked(question func() bool) (yes bool) {
	defer func() {
		if p := recover(); p != nil {
			it.fault, yes = connectors.Panicked(p), false
		}
	}()
	return question()
}
