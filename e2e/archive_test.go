package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"scimrelay/connectors"
	"scimrelay/scim"
)

// archive is a vendor that forgets nothing, forbids nothing and watches everything: it makes two
// accounts of one key when asked to, and keeps what was ever made. What goes against the promise
// it keeps as a violation.
type archive struct {
	mark string // of the tenant whose vendor it is: P10

	mu         sync.Mutex
	down       error // what every call gets while it is set
	entries    map[string]*entryOf
	underway   map[string][]*life // mutations by the resource they are for
	mutations  int
	reads      int
	violations []string
	off        map[string]time.Time // since when nobody may make the resource active: P8
}

// entryOf is one account or group. One that is gone stays.
type entryOf struct {
	connectors.Remote
	kind     string
	resource string // for whom it was made
	members  map[string]bool
	gone     bool
	titles   []string // it had, in their order
}

func newArchive(mark string) *archive {
	return &archive{mark: mark, entries: map[string]*entryOf{}, underway: map[string][]*life{}, off: map[string]time.Time{}}
}

// stays says whether the resource has lost access for good, or may have it again. Calls that have
// begun, or begin in the same moment, are on their way.
func (a *archive) stays(resource string, off bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.off, resource)
	if off {
		a.off[resource] = time.Now()
	}
}

// office is the archive as one process sees it.
type office struct {
	*archive
	life *life
}

var (
	_ connectors.Connector    = office{}
	_ connectors.Deactivator  = office{}
	_ connectors.MemberEditor = office{}
)

func (a *archive) violated(format string, args ...any) {
	a.violations = append(a.violations, fmt.Sprintf(format, args...))
}

// callTakes is how long a call is under way, in a time that costs nothing.
const callTakes = 20 * time.Millisecond

// read is a call that changes nothing.
func (o office) read(do func() error) error {
	return o.life.called("Find", false, func() error {
		<-time.After(callTakes)
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.reads++; o.down != nil {
			return o.down
		}
		return do()
	})
}

// write is a call that changes one thing. Of two for one thing at once, one may be that of a
// process that has died meanwhile: P6.
func (o office) write(name, thing string, do func() error) error {
	return o.life.called(name, true, func() error {
		o.mu.Lock()
		if slices.ContainsFunc(o.underway[thing], func(l *life) bool { return !l.dead.Load() }) {
			o.violated("P6: two calls change %s at once", thing)
		}
		o.underway[thing] = append(o.underway[thing], o.life)
		o.mu.Unlock()
		<-time.After(callTakes)
		o.mu.Lock()
		defer o.mu.Unlock()
		at := slices.Index(o.underway[thing], o.life)
		o.underway[thing] = slices.Delete(o.underway[thing], at, at+1)
		if o.down != nil {
			return o.down
		}
		o.mutations++
		return do()
	})
}

func (o office) Find(_ context.Context, want connectors.Record) (found connectors.Remote, err error) {
	err = o.read(func() error {
		var hits []*entryOf
		for _, e := range o.entries {
			if !e.gone && e.kind == want.Type && (want.VendorID == "" && strings.EqualFold(e.Key, want.Key) || want.VendorID != "" && e.ID == want.VendorID) {
				hits = append(hits, e)
			}
		}
		switch len(hits) {
		case 0:
			return connectors.Faultf(connectors.NotFound, "no such account")
		case 1:
			found = hits[0].copy()
			return nil
		}
		return connectors.Faultf(connectors.Ambiguous, "there are %d of the key", len(hits))
	})
	return found, err
}

func (e *entryOf) copy() connectors.Remote {
	c := e.Remote
	c.Fields = maps.Clone(e.Fields)
	return c
}

// giving is called when a call begins that gives access.
func (o office) giving(resource string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if since, off := o.off[resource]; off && time.Now().After(since) && !o.life.dead.Load() {
		o.violated("P8: a call begins that gives %s access again", resource)
	}
}

func (o office) Create(_ context.Context, want connectors.Record) (made connectors.Remote, err error) {
	if want.Active {
		o.giving(want.Resource)
	}
	err = o.write("Create", want.Resource, func() error {
		if !strings.Contains(want.Key, o.mark) {
			o.violated("P10: %s was made at the vendor of %s", want.Key, o.mark)
		}
		for _, e := range o.entries {
			if e.resource == want.Resource && !e.gone {
				o.violated("P5: %s was made a second time, for %s", want.Key, want.Resource)
			}
		}
		e := &entryOf{kind: want.Type, resource: want.Resource, members: map[string]bool{},
			Remote: connectors.Remote{ID: strconv.Itoa(len(o.entries) + 1), Key: want.Key, Active: want.Active, Fields: map[string]any{}}}
		o.set(e, want.Creation())
		o.entries[e.ID] = e
		made = e.copy()
		return nil
	})
	if err != nil {
		return connectors.Remote{}, err
	}
	return made, nil
}

func (a *archive) set(e *entryOf, fields map[string]any) {
	for name, value := range fields {
		if value == nil {
			delete(e.Fields, name)
			continue
		}
		if value == refusedTitle {
			a.violated("P2: the vendor has what was refused, for %s", e.resource)
		}
		e.Fields[name] = value
		if title, ok := value.(string); ok && name == "title" {
			e.titles = append(e.titles, title)
		}
	}
}

// on changes an entry that is there.
func (o office) on(name string, have connectors.Remote, do func(*entryOf) error) error {
	return o.write(name, have.ID, func() error {
		e, ok := o.entries[have.ID]
		if !ok || e.gone {
			return connectors.Faultf(connectors.NotFound, "no such account")
		}
		return do(e)
	})
}

func (o office) Update(_ context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	sent := connectors.Difference(have.Fields, want.Fields)
	if len(sent) == 0 && have.Key == want.Key {
		return have, nil
	}
	err := o.on("Update", have, func(e *entryOf) error {
		o.set(e, sent)
		e.Key = want.Key
		return nil
	})
	return have, err
}

func (o office) Deactivate(_ context.Context, have connectors.Remote) (connectors.Remote, error) {
	err := o.on("Deactivate", have, func(e *entryOf) error { e.Active = false; return nil })
	have.Active = false
	return have, err
}

func (o office) Reactivate(_ context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	o.giving(want.Resource)
	err := o.on("Reactivate", have, func(e *entryOf) error {
		e.Active, e.Key = true, want.Key
		o.set(e, connectors.Difference(have.Fields, want.Fields))
		return nil
	})
	have.Active = true
	return have, err
}

func (o office) Delete(_ context.Context, have connectors.Remote) error {
	err := o.on("Remove", have, func(e *entryOf) error {
		e.gone = true
		for _, other := range o.entries {
			delete(other.members, e.ID)
		}
		return nil
	})
	if connectors.Is(err, connectors.NotFound) {
		return nil
	}
	return err
}

func (o office) EditMembers(_ context.Context, group connectors.Remote, add, remove []string) error {
	return o.on("EditMembers", group, func(g *entryOf) error {
		for _, id := range add {
			if e, ok := o.entries[id]; !ok || e.gone {
				return connectors.Faultf(connectors.Invalid, "no such member")
			}
		}
		for _, id := range add {
			g.members[id] = true
		}
		for _, id := range remove {
			delete(g.members, id)
		}
		return nil
	})
}

// shownPerson is how somebody is at the vendor.
type shownPerson struct {
	Active bool
	Title  string
}

// people are those who are there, by key, and what is wrong with them.
func (a *archive) people() (map[string]shownPerson, []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	shown, wrong := map[string]shownPerson{}, slices.Clone(a.violations)
	for _, e := range a.entries {
		if e.gone || e.kind != scim.TypeUser {
			continue
		}
		if _, twice := shown[e.Key]; twice {
			wrong = append(wrong, "P5: two accounts of "+e.Key)
		}
		title, _ := e.Fields["title"].(string)
		shown[e.Key] = shownPerson{e.Active, title}
	}
	return shown, wrong
}

// groups are those that are there, by key, with their members' keys in order.
func (a *archive) groups() map[string][]string {
	a.mu.Lock()
	defer a.mu.Unlock()
	shown := map[string][]string{}
	for _, e := range a.entries {
		if e.gone || e.kind != scim.TypeGroup {
			continue
		}
		members := []string{}
		for id := range e.members {
			members = append(members, a.entries[id].Key)
		}
		slices.Sort(members)
		shown[e.Key] = members
	}
	return shown
}

func (a *archive) sick(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.down = err
}

func (a *archive) changes() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.mutations
}

// twice are the resources for which more than one thing was ever made.
func (a *archive) twice() (keys []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	made := map[string]int{}
	for _, e := range a.entries {
		if made[e.resource]++; made[e.resource] == 2 {
			keys = append(keys, e.Key)
		}
	}
	return keys
}

// backwards is how often a title came after a later one.
func (a *archive) backwards() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.entries {
		for i := 1; i < len(e.titles); i++ {
			if e.titles[i] < e.titles[i-1] {
				n++
			}
		}
	}
	return n
}
