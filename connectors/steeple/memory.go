package steeple

import (
	"sync"
	"time"

	"scimrelay/connectors"
)

const (
	// kindLife is how long a community is believed to be of the kind last seen.
	kindLife = time.Hour
	// lookAgain is after how long the list is read once more for a community that it lacked.
	lookAgain = time.Minute
	// writeLife is how long an own write is believed more than a read of memberships: twice the
	// lag that is ASSUMED.
	writeLife = 10 * time.Second
	// refusalLife is how long a value that Steeple did not take is not sent again.
	refusalLife = time.Hour
	// remembered bounds each of the maps. What is forgotten costs a call.
	remembered = 10_000
)

// memory is what a connector knows from earlier calls. It saves calls and bridges Steeple's lag;
// nothing is lost with it.
type memory struct {
	now func() time.Time

	mu       sync.Mutex
	kinds    map[string]kind
	listed   time.Time
	written  map[[2]string]written
	refusals map[[2]string]refusal
}

// kind is a community's type: manual, main, dynamic, or automatic where only that is known. One
// that Steeple does not tell is empty.
type kind struct {
	name string
	at   time.Time
}

const (
	manual    = "manual"
	automatic = "automatic"
)

// fixed reports that memberships of such a community cannot be edited.
func (k kind) fixed() bool { return k.name != "" && k.name != manual }

// written is a membership as an own write left it, without a role when it ended.
type written struct {
	role string
	at   time.Time
}

// refusal is a value that was sent and what Steeple shows in its place.
type refusal struct {
	sent, shown any
	at          time.Time
}

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, kinds: map[string]kind{}, written: map[[2]string]written{}, refusals: map[[2]string]refusal{}}
}

// learn notes the kind of a community.
func (m *memory) learn(community, name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	room(m.kinds)
	if name == "" {
		name = m.kinds[community].name // the list may tell less than memberships do
	}
	m.kinds[community] = kind{name, m.now()}
}

// doubt forgets the kinds of communities that were not what they were taken for.
func (m *memory) doubt(communities []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.listed = time.Time{}
	for _, community := range communities {
		delete(m.kinds, community)
	}
}

// kind is what is known of the community, and whether anything is.
func (m *memory) kind(community string) (kind, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.kinds[community]
	return k, ok && m.now().Sub(k.at) < kindLife
}

// wantsList reports whether the list of communities is worth reading for one that is not known.
func (m *memory) wantsList() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.listed.IsZero() || m.now().Sub(m.listed) >= lookAgain
}

func (m *memory) noteList() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.listed = m.now()
}

// wrote notes a membership that an own write has set, or ended.
func (m *memory) wrote(user, community, role string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	room(m.written)
	m.written[[2]string{user, community}] = written{role, m.now()}
}

// correct brings memberships that were read up to what was written a moment ago.
func (m *memory) correct(user string, roles map[string]string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, w := range m.written {
		switch {
		case m.now().Sub(w.at) >= writeLife:
			delete(m.written, key)
		case key[0] != user:
		case w.role == "":
			delete(roles, key[1])
		default:
			roles[key[1]] = w.role
		}
	}
}

// forget lets go of what was written for somebody who has left.
func (m *memory) forget(user string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key := range m.written {
		if key[0] == user {
			delete(m.written, key)
		}
	}
}

// refused notes that Steeple did not take what was sent of a person's field.
func (m *memory) refused(user, field string, sent, shown any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	room(m.refusals)
	m.refusals[[2]string{user, field}] = refusal{sent, shown, m.now()}
}

// pointless reports that sending the value again would change nothing: it was sent not long ago,
// and Steeple still shows the same other value.
func (m *memory) pointless(user, field string, send, shown any) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.refusals[[2]string{user, field}]
	return ok && m.now().Sub(r.at) < refusalLife && alike(field, r.sent, send) && alike(field, r.shown, shown)
}

// alike compares two values of a field. Letter case has no meaning in an e-mail address.
func alike(field string, a, b any) bool {
	if field == "email" && connectors.SameText(a, b) {
		return true
	}
	return len(connectors.Difference(map[string]any{field: a}, map[string]any{field: b})) == 0
}

func room[K comparable, V any](m map[K]V) {
	if len(m) >= remembered {
		clear(m)
	}
}
