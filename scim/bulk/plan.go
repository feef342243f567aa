package bulk

import (
	"container/heap"
	"net/http"
	"slices"

	"scimrelay/scim"
)

// plan is what has to come before what. Operations are known by their positions.
type plan struct {
	refs    [][]int  // the POSTs that each operation refers to
	missing []string // a bulkId that it refers to and no POST has
	units   [][]int  // operations in circles of references together, all others alone
	of      []int    // the unit of each operation
	waiting []int    // for how many other units each unit waits
	blocked [][]int  // which units wait for it
}

func newPlan(ops []Operation) *plan {
	p := &plan{refs: make([][]int, len(ops)), missing: make([]string, len(ops)), of: make([]int, len(ops))}
	posts := make(map[string]int)
	for i, op := range ops {
		if op.Method == http.MethodPost && op.BulkID != "" {
			posts[op.BulkID] = i
		}
	}
	for i, op := range ops {
		if op.fault == nil {
			p.refer(i, op, posts)
		}
	}
	p.gather()
	p.waiting, p.blocked = make([]int, len(p.units)), make([][]int, len(p.units))
	last := make(map[string]int) // the last operation on each resource
	for i, op := range ops {
		for _, j := range p.refs[i] {
			p.after(i, j)
		}
		if op.fault != nil || op.Method == http.MethodPost {
			continue
		}
		resource := scim.LowerName(op.Kind) + "/" + op.ID
		if j, ok := last[resource]; ok {
			p.after(i, j)
		}
		last[resource] = i
	}
	return p
}

// refer notes what an operation refers to, each once.
func (p *plan) refer(i int, op Operation, posts map[string]int) {
	seen := make(map[string]bool)
	note := walker(func(bulkID string) (string, bool) {
		if seen[bulkID] {
			return "", false
		}
		seen[bulkID] = true
		if j, ok := posts[bulkID]; ok {
			p.refs[i] = append(p.refs[i], j)
		} else if p.missing[i] == "" || bulkID < p.missing[i] {
			p.missing[i] = bulkID
		}
		return "", false
	})
	note.data(op)
	if bulkID, ok := reference(op.ID); ok {
		note(bulkID)
	}
	slices.Sort(p.refs[i])
}

// after lets the unit of i wait for that of j.
func (p *plan) after(i, j int) {
	if i, j = p.of[i], p.of[j]; i != j {
		p.waiting[i]++
		p.blocked[j] = append(p.blocked[j], i)
	}
}

// gather finds the circles: the strongly connected components of the references, by
// Tarjan's algorithm.
func (p *plan) gather() {
	n := len(p.refs)
	order, low := make([]int, n), make([]int, n) // when first met, from 1; the oldest within reach
	open := make([]bool, n)
	var stack []int
	var visit func(int)
	met := 0
	visit = func(i int) {
		met++
		order[i], low[i], open[i] = met, met, true
		stack = append(stack, i)
		for _, j := range p.refs[i] {
			if order[j] == 0 {
				visit(j)
				low[i] = min(low[i], low[j])
			} else if open[j] {
				low[i] = min(low[i], order[j])
			}
		}
		if low[i] == order[i] {
			at := len(stack) - 1
			for stack[at] != i {
				at--
			}
			p.unit(slices.Clone(stack[at:]), open)
			stack = stack[:at]
		}
	}
	for i := range n {
		if order[i] == 0 {
			visit(i)
		}
	}
}

func (p *plan) unit(members []int, open []bool) {
	slices.Sort(members)
	for _, i := range members {
		p.of[i], open[i] = len(p.units), false
	}
	p.units = append(p.units, members)
}

// circular reports whether the unit's operations refer to each other, or one to itself.
func (p *plan) circular(unit []int) bool {
	return len(unit) > 1 || slices.Contains(p.refs[unit[0]], unit[0])
}

// queue holds the units that wait for nothing. The one whose last operation stands first in
// the request is next: so operations wait for others, but none is done before its turn.
type queue struct {
	*plan
	ready []int
}

func newQueue(p *plan) *queue {
	q := &queue{plan: p}
	for u, n := range p.waiting {
		if n == 0 {
			heap.Push(q, u)
		}
	}
	return q
}

// next takes the next unit out.
func (q *queue) next() int { return heap.Pop(q).(int) }

// done lets those go on that waited for the unit.
func (q *queue) done(unit int) {
	for _, u := range q.blocked[unit] {
		if q.waiting[u]--; q.waiting[u] == 0 {
			heap.Push(q, u)
		}
	}
}

// The methods of heap.Interface.

func (q *queue) Len() int           { return len(q.ready) }
func (q *queue) Less(i, j int) bool { return q.last(q.ready[i]) < q.last(q.ready[j]) }
func (q *queue) Swap(i, j int)      { q.ready[i], q.ready[j] = q.ready[j], q.ready[i] }
func (q *queue) Push(unit any)      { q.ready = append(q.ready, unit.(int)) }

func (q *queue) Pop() any {
	n := len(q.ready) - 1
	unit := q.ready[n]
	q.ready = q.ready[:n]
	return unit
}

func (q *queue) last(unit int) int { return q.units[unit][len(q.units[unit])-1] }
