package bulk

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"scimrelay/scim"
)

// Executor does one operation as the ordinary request it stands for. A POST comes with the
// id that the resource shall have; an Executor that takes an existing resource instead says
// so with the ID of its Result.
type Executor interface {
	Execute(ctx context.Context, op Operation) Result
}

// Result is what became of one operation. An Executor fills in Status, and as far as there
// are any Version, ID, Location and for an error Body; the rest is Run's.
type Result struct {
	Method, BulkID, Location, Version string
	Status                            int
	Body                              []byte // the error, nil for success
	ID                                string
}

func (r Result) failed() bool { return r.Status >= http.StatusBadRequest }

// Run executes the operations and returns what became of each, in the order of the request.
// Those that FailOnErrors kept from being processed are left out. newID makes the ids of
// new resources. When the context ends, what was not begun gets a 503 of its own, for what
// was done stays done. The error is that of newID.
func Run(ctx context.Context, req Request, newID func() (string, error), exec Executor) ([]Result, error) {
	r := &run{
		plan: newPlan(req.Operations), req: req, newID: newID, exec: exec,
		results: make([]*Result, len(req.Operations)), ids: make([]string, len(req.Operations)),
		made: make([]bool, len(req.Operations)),
	}
	err := r.all(ctx)
	if err != nil && ctx.Err() != nil {
		r.leave()
		err = nil
	}
	list := make([]Result, 0, len(r.results))
	for _, result := range r.results {
		if result != nil {
			list = append(list, *result)
		}
	}
	return list, err
}

// leave answers for what the time did not suffice for.
func (r *run) leave() {
	for i, result := range r.results {
		if result == nil {
			r.refuse(i, &scim.Error{Status: http.StatusServiceUnavailable, Detail: "not processed: the time for the request is over"})
		}
	}
}

// run is a bulk request being executed.
type run struct {
	*plan
	req     Request
	newID   func() (string, error)
	exec    Executor
	results []*Result
	ids     []string // what POSTs have come to, by operation
	made    []bool   // which of them are new
	errors  int
}

func (r *run) all(ctx context.Context) error {
	q := newQueue(r.plan)
	for q.Len() > 0 && !r.stopped() {
		if err := ctx.Err(); err != nil {
			return err
		}
		u := q.next()
		if err := r.unit(ctx, r.units[u]); err != nil {
			return err
		}
		q.done(u)
	}
	return nil
}

func (r *run) unit(ctx context.Context, unit []int) error {
	if r.circular(unit) {
		return r.circle(ctx, unit)
	}
	i := unit[0]
	if e := r.obstacle(i); e != nil {
		r.refuse(i, e)
		return nil
	}
	op, err := r.resolved(i, r.req.Operations[i].Data)
	if err != nil {
		return err
	}
	r.record(i, op, r.exec.Execute(ctx, op))
	return nil
}

// stopped reports that there were as many errors as the client accepts.
func (r *run) stopped() bool { return r.req.FailOnErrors > 0 && r.errors >= r.req.FailOnErrors }

// obstacle says why an operation cannot even be tried: its own fault, or that of what it
// refers to outside of its circle.
func (r *run) obstacle(i int) *scim.Error {
	switch {
	case r.req.Operations[i].fault != nil:
		return r.req.Operations[i].fault
	case r.missing[i] != "":
		return conflict(r.missing[i])
	}
	for _, j := range r.refs[i] {
		if r.ids[j] == "" && r.of[j] != r.of[i] {
			return conflict(r.req.Operations[j].BulkID)
		}
	}
	return nil
}

// conflict is the 409 of RFC 7644 section 3.7.1 for a reference that cannot be resolved.
func conflict(bulkID string) *scim.Error {
	return &scim.Error{Status: http.StatusConflict,
		Detail: fmt.Sprintf("refers to bulkId %q, which was not created", scim.ClipName(bulkID))}
}

// resolved is the operation with ids in the place of references to what exists, and with an
// id of its own if it is a POST.
func (r *run) resolved(i int, data scim.Document) (Operation, error) {
	op := r.req.Operations[i]
	op.Data = data
	op.Data = r.withIDs(i, op)
	if bulkID, ok := reference(op.ID); ok {
		op.ID = r.known(i)[bulkID]
		op.Path = "/" + op.Kind + "/" + op.ID
	}
	if op.Method != http.MethodPost {
		return op, nil
	}
	id, err := r.newID()
	switch {
	case err != nil:
		return Operation{}, fmt.Errorf("bulk: make an id: %w", err)
	case id == "" || strings.Contains(strings.ToLower(id), "bulkid"): // RFC 7643 section 3.1
		return Operation{}, fmt.Errorf("bulk: %q is no id for a resource", id)
	}
	op.ID = id
	return op, nil
}

// known are the ids of what operation i refers to and what exists, by their bulkIds.
func (r *run) known(i int) map[string]string {
	ids := make(map[string]string, len(r.refs[i]))
	for _, j := range r.refs[i] {
		if r.ids[j] != "" {
			ids[r.req.Operations[j].BulkID] = r.ids[j]
		}
	}
	return ids
}

// withIDs is the data of op, which refers to what operation i does, with the ids known.
func (r *run) withIDs(i int, op Operation) scim.Document {
	ids := r.known(i)
	if len(ids) == 0 {
		return op.Data
	}
	return walker(func(bulkID string) (string, bool) {
		id, ok := ids[bulkID]
		return id, ok
	}).data(op)
}

// record keeps what became of an operation that was tried.
func (r *run) record(i int, op Operation, result Result) {
	result.Method, result.BulkID = op.Method, op.BulkID
	if result.ID == "" {
		result.ID = op.ID
	}
	if result.Location == "" {
		result.Location = r.location(op.Kind, result.ID)
	}
	if result.failed() {
		r.errors++
		result.Version = ""
		if len(result.Body) == 0 { // RFC 7644 section 3.7.3 wants a response with every error
			result.Body = (&scim.Error{Status: result.Status, Detail: http.StatusText(result.Status)}).Body()
		}
		if op.Method == http.MethodPost {
			result.Location, result.ID = "", ""
		}
	} else {
		result.Body = nil
		if op.Method == http.MethodPost {
			r.ids[i], r.made[i] = result.ID, result.ID == op.ID
		}
	}
	r.results[i] = &result
}

// refuse is what became of an operation that was not tried, or was undone.
func (r *run) refuse(i int, e *scim.Error) {
	op := r.req.Operations[i]
	if _, ok := reference(op.ID); ok {
		op.ID = "" // nobody has given it one
	}
	r.record(i, op, Result{Status: e.Status, Body: e.Body()})
}

func (r *run) location(kind, id string) string {
	if r.req.Base == "" || kind == "" || id == "" {
		return ""
	}
	return r.req.Base + "/" + kind + "/" + id
}
