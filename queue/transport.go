package queue

import "context"

// Key names a target.
type Key struct {
	Tenant, Target string
}

// String is tenant/target; neither may hold a slash.
func (k Key) String() string { return k.Tenant + "/" + k.Target }

// Class is the line a turn waits in.
type Class string

// The classes, by the names their queues have in Redis.
const (
	Urgent  Class = "urgent"  // somebody must lose access
	Default Class = "default" // a change
	Bulk    Class = "bulk"    // the rest of a target that has just had a whole slice
)

func classes() []Class { return []Class{Urgent, Default, Bulk} }

// weights is how often each class is served while the others wait too.
func weights() map[string]int {
	return map[string]int{string(Urgent): 6, string(Default): 3, string(Bulk): 1}
}

// Ring asks for a turn. Two with the same ID may collapse into one.
type Ring struct {
	Key   Key
	Class Class
	ID    string
}

// Transport carries rings to whoever serves turns.
type Transport interface {
	// Ring asks for a turn. An error means the ring may be lost, which the sweeper repairs.
	Ring(ctx context.Context, r Ring) error
	// Serve runs up to turns turns at once until ctx ends, then waits for the running ones.
	Serve(ctx context.Context, turns int, run func(context.Context, Key)) error
	// Ping reports whether rings can travel now.
	Ping(ctx context.Context) error
	// Close frees what the transport holds, after Serve has returned.
	Close() error
}
