package main

import (
	"net"
	"net/http"
	"testing"
)

// namedConn is a connection that knows whether it was closed.
type namedConn struct {
	net.Conn
	closed bool
}

func (c *namedConn) Close() error {
	c.closed = true
	return nil
}

func TestWhoeverWaitsTheLongestMakesRoom(t *testing.T) {
	t.Parallel()
	c := newCrowd(3)
	conns := make([]*namedConn, 7)
	for i := range conns {
		conns[i] = &namedConn{}
	}
	arrive := func(i int) { c.state(conns[i], http.StateNew) }
	check := func(what string, closed ...int) {
		t.Helper()
		want := map[int]bool{}
		for _, i := range closed {
			want[i] = true
		}
		for i, conn := range conns {
			if conn.closed != want[i] {
				t.Errorf("%s: number %d is closed: %v", what, i, conn.closed)
			}
		}
	}
	arrive(0)
	arrive(1)
	arrive(2)
	c.state(conns[0], http.StateActive)
	check("there is room")
	arrive(3)
	check("the first is being served", 1)
	c.state(conns[1], http.StateClosed) // as the server says afterwards
	c.state(conns[0], http.StateIdle)
	arrive(4)
	check("who has just been served waits the shortest", 1, 2)
	for _, i := range []int{0, 3, 4} {
		c.state(conns[i], http.StateActive)
	}
	arrive(5)
	check("everybody is being served", 1, 2, 5)
	c.state(conns[5], http.StateClosed)
	c.state(conns[3], http.StateClosed)
	arrive(6)
	check("one has left", 1, 2, 5)
	if len(c.open) != 3 || c.waiting.Len() != 1 {
		t.Errorf("%d open, %d waiting", len(c.open), c.waiting.Len())
	}
}
