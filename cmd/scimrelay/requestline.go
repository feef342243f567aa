package main

import (
	"net"
	"net/http"
	"sync/atomic"
)

// spacedListener accepts clients that put a filter into the request line as it is, its spaces
// raw: Okta's certification does (O-52), and many an HTTP library sends what it is given. The
// standard library takes the first space for the end of the target and answers 400 in plain
// text before anybody is asked.
type spacedListener struct{ net.Listener }

// Accept implements net.Listener.
func (l spacedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &spacedConn{Conn: conn}
	c.fresh.Store(true)
	return c, nil
}

// spacedState is an http.Server's ConnState: an idle connection's next line is a request's.
func spacedState(conn net.Conn, state http.ConnState) {
	if c, ok := conn.(*spacedConn); ok && state == http.StateIdle {
		c.fresh.Store(true)
	}
}

// spacedConn escapes the spaces within the target of each request line, and cuts a target that is
// far longer than any that is answered: it then gets its refusal in SCIM's own form, and costs
// nothing. Everything else passes as it is.
type spacedConn struct {
	net.Conn
	fresh   atomic.Bool // the next byte begins a request line
	line    requestLine
	pending []byte // read and not handed on yet
}

// Read implements net.Conn.
func (c *spacedConn) Read(p []byte) (int, error) {
	for len(c.pending) == 0 {
		n, err := c.Conn.Read(p)
		if n > 0 && c.fresh.Swap(false) {
			c.line = requestLine{open: true}
		}
		if !c.line.open {
			return n, err
		}
		c.pending = c.line.feed(c.pending, p[:n])
		if err != nil {
			c.pending = append(c.pending, c.line.held...)
			c.line = requestLine{}
			if len(c.pending) == 0 {
				return 0, err
			}
		}
	}
	n := copy(p, c.pending)
	if c.pending = c.pending[n:]; len(c.pending) == 0 {
		c.pending = nil
	}
	return n, nil
}

// requestLine is a request line on its way. A space within it is held back with what follows,
// until that can no longer be the protocol at the line's end.
type requestLine struct {
	open   bool
	target bool // the method is over
	sent   int  // bytes of the target that were handed on
	held   []byte
}

const (
	protocol  = " HTTP/1."
	maxTarget = 16 << 10 // twice the longest query that is read (scim/server)
)

// feed appends what can be handed on of a piece of the line, and whatever comes after it.
func (l *requestLine) feed(out, piece []byte) []byte {
	for i, b := range piece {
		switch {
		case b == '\n':
			out = append(append(out, l.held...), piece[i:]...)
			*l = requestLine{}
			return out
		case !l.target:
			l.target = b == ' '
			out = append(out, b)
		case len(l.held) < len(protocol) && b == protocol[len(l.held)]:
			l.held = append(l.held, b)
		case len(l.held) >= len(protocol) && len(l.held) < len(protocol)+2 && b != ' ':
			l.held = append(l.held, b) // the digit, and the return before the line's end
		default:
			out = l.release(out)
			if b == ' ' {
				l.held = append(l.held, b)
			} else {
				out = l.hand(out, b)
			}
		}
	}
	return out
}

// release hands on what was held: its space was one of the target's.
func (l *requestLine) release(out []byte) []byte {
	if len(l.held) > 0 {
		out = l.hand(out, '%', '2', '0')
		out = l.hand(out, l.held[1:]...)
		l.held = l.held[:0]
	}
	return out
}

// hand hands on a part of the target, as long as it is not too long.
func (l *requestLine) hand(out []byte, part ...byte) []byte {
	if l.sent += len(part); l.sent > maxTarget {
		return out
	}
	return append(out, part...)
}
