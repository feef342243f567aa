package bulk

import (
	"context"
	"net/http"
	"slices"
	"time"

	"scimrelay/scim"
)

// undoTime is how long deleting what a failed circle has left may take, for the request's
// own time may be over.
const undoTime = 10 * time.Second

// circle creates resources that refer to each other: each without what does not exist yet,
// then the rest. It succeeds as a whole or not at all, for each of them refers in the end to
// every other.
func (r *run) circle(ctx context.Context, unit []int) error {
	culprit, why, err := r.attempt(ctx, unit)
	if err == nil && why.Status == 0 {
		return nil
	}
	tried := r.undo(ctx, unit)
	if err != nil {
		return err
	}
	r.record(culprit, r.req.Operations[culprit], why)
	e := conflict(r.req.Operations[culprit].BulkID)
	for _, i := range unit {
		if i != culprit && (slices.Contains(tried, i) || !r.stopped()) {
			r.refuse(i, e)
		}
	}
	return nil
}

// attempt stops at the first failure and says whose it is; a Result without a status is
// success.
func (r *run) attempt(ctx context.Context, unit []int) (culprit int, why Result, err error) {
	for _, i := range unit {
		if e := r.obstacle(i); e != nil {
			return i, Result{Status: e.Status, Body: e.Body()}, nil
		}
	}
	rests := make(map[int][]any, len(unit))
	for _, i := range unit {
		data, rest := r.reduced(i)
		rests[i] = rest
		op, err := r.resolved(i, data)
		if err != nil {
			return i, Result{}, err
		}
		result := r.exec.Execute(ctx, op)
		if result.failed() {
			return i, result, nil
		}
		r.record(i, op, result)
	}
	for _, i := range unit {
		if why := r.complete(ctx, i, rests[i]); why.failed() {
			return i, why, nil
		}
	}
	return 0, Result{}, nil
}

// complete gives a resource the references that it was created without. The client sees the
// version after that as the one of its POST.
func (r *run) complete(ctx context.Context, i int, rest []any) Result {
	if len(rest) == 0 {
		return Result{}
	}
	post := r.req.Operations[i]
	op := Operation{Method: http.MethodPatch, Kind: post.Kind, ID: r.ids[i], Path: "/" + post.Kind + "/" + r.ids[i],
		Data: scim.Document{"schemas": []any{scim.MessagePatch}, "Operations": rest}}
	op.Data = r.withIDs(i, op)
	result := r.exec.Execute(ctx, op)
	if !result.failed() && result.Version != "" {
		r.results[i].Version = result.Version
	}
	return result
}

// undo deletes what the circle has made, the last first, and says which operations had been
// done. A resource that was there before stays.
func (r *run) undo(ctx context.Context, unit []int) (done []int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	for _, i := range slices.Backward(unit) {
		if r.ids[i] == "" {
			continue
		}
		if r.made[i] {
			kind := r.req.Operations[i].Kind
			r.exec.Execute(ctx, Operation{Method: http.MethodDelete, Kind: kind, ID: r.ids[i], Path: "/" + kind + "/" + r.ids[i]})
		}
		r.ids[i], r.results[i] = "", nil
		done = append(done, i)
	}
	return done
}
