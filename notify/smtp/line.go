package smtp

import (
	"context"
	"crypto/tls"
	"net"
)

// line is the connection of one conversation.
type line struct {
	security *tls.Config
	wrapped  bool // TLS from the first byte
	conn     net.Conn
}

// dial connects within ctx. What follows ends by the deadlines that the library sets.
func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{}
	var err error
	if l.wrapped {
		l.conn, err = (&tls.Dialer{NetDialer: dialer, Config: l.security}).DialContext(ctx, network, address)
	} else {
		l.conn, err = dialer.DialContext(ctx, network, address)
	}
	return l.conn, err
}

func (l *line) close() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
}
