package main

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// crowd bounds how many connections are open. When there are too many, the one that has waited
// the longest without asking for anything is closed: whoever holds thousands open does not keep
// the next one out.
type crowd struct {
	most int // 0 is any number

	mu      sync.Mutex
	open    map[net.Conn]*list.Element // its place among those that wait, nil while it is served
	waiting list.List
}

func newCrowd(most int) *crowd { return &crowd{most: most, open: make(map[net.Conn]*list.Element)} }

// state is an http.Server's ConnState.
func (c *crowd) state(conn net.Conn, s http.ConnState) {
	if c.most == 0 {
		return
	}
	if leaves := c.move(conn, s); leaves != nil {
		_ = leaves.Close() // its own goroutine finds out and says so here
	}
}

func (c *crowd) move(conn net.Conn, s http.ConnState) (leaves net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if place := c.open[conn]; place != nil {
		c.waiting.Remove(place)
		c.open[conn] = nil
	}
	switch s {
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn)
		return nil
	case http.StateActive:
		c.open[conn] = nil
		return nil
	case http.StateNew:
		leaves = c.makeRoom(conn)
	}
	if leaves != conn {
		c.open[conn] = c.waiting.PushBack(conn)
	}
	return leaves
}

// makeRoom chooses who leaves for the newcomer: itself, when all others are being served.
func (c *crowd) makeRoom(newcomer net.Conn) net.Conn {
	if len(c.open) < c.most {
		return nil
	}
	first := c.waiting.Front()
	if first == nil {
		return newcomer
	}
	oldest, _ := first.Value.(net.Conn)
	c.waiting.Remove(first)
	delete(c.open, oldest)
	return oldest
}

// states tells several of a connection's state.
func states(each ...func(net.Conn, http.ConnState)) func(net.Conn, http.ConnState) {
	return func(conn net.Conn, s http.ConnState) {
		for _, f := range each {
			f(conn, s)
		}
	}
}
