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
