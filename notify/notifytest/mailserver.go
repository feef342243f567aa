// Package notifytest has what tests of notices send to: a mail server that speaks as much SMTP
// as a client needs, and a webhook's receiver that checks signatures as its owner would. Both
// keep what arrived and can be told to fail. It knows nothing of what is sent.
package notifytest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// Letter is an e-mail that arrived.
type Letter struct {
	From, To string
	Data     string // headers and body
	TLS      bool
	User     string // who logged in, empty is nobody
}

// MailServer is a mail server on this machine.
type MailServer struct {
	Host string
	Port int
	// Roots are what makes its certificate good.
	Roots *x509.CertPool

	tb       testing.TB
	security *tls.Config
	wrapped  bool
	user     string

	mu      sync.Mutex
	refuse  map[string]string
	letters []Letter
}

// NewMailServer starts a mail server whose TLS is that of the configuration: starttls, tls or
// none. With a user and password it wants to be logged in to, as "user\x00password".
func NewMailServer(tb testing.TB, security, login string) *MailServer {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &MailServer{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, tb: tb, wrapped: security == "tls", user: login, refuse: map[string]string{}}
	if security != "none" {
		s.certify()
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { s.serve(conn) })
		}
	})
	tb.Cleanup(func() { _ = listener.Close(); serving.Wait() })
	return s
}

// Refuse has the server answer a command ("MAIL", "RCPT", "DATA", "AUTH", "STARTTLS", "." for the
// message, "RSET", "QUIT") with the reply instead; an empty reply ends that, "-" hangs up.
func (s *MailServer) Refuse(command, reply string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse[command] = reply
}

// Letters are what has arrived, in order.
func (s *MailServer) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Letter(nil), s.letters...)
}

func (s *MailServer) certify() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.tb.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		s.tb.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(parsed)
	s.security = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// conversation is one client's connection.
type conversation struct {
	server *MailServer
	conn   net.Conn
	read   *bufio.Reader
	secure bool
	letter Letter
}

func (s *MailServer) serve(conn net.Conn) {
	c := &conversation{server: s, conn: conn}
	defer func() { _ = c.conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if s.wrapped {
		c.conn, c.secure = tls.Server(conn, s.security), true
	}
	c.read = bufio.NewReader(c.conn)
	c.reply("220 test ESMTP")
	for {
		line, err := c.read.ReadString('\n')
		if err != nil || !c.handle(strings.TrimRight(line, "\r\n")) {
			return
		}
	}
}

func (c *conversation) reply(text string) bool {
	_, err := c.conn.Write([]byte(text + "\r\n"))
	return err == nil
}

// answer gives the reply, or what the server was told to say.
func (c *conversation) answer(command, reply string) (went bool) {
	c.server.mu.Lock()
	refusal := c.server.refuse[command]
	c.server.mu.Unlock()
	switch refusal {
	case "":
		return c.reply(reply)
	case "-":
		_ = c.conn.Close()
	default:
		c.reply(refusal)
	}
	return false
}

// handle answers one command, and reports whether the conversation goes on.
func (c *conversation) handle(line string) bool {
	command, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(command) {
	case "EHLO":
		return c.greet()
	case "STARTTLS":
		if c.answer("STARTTLS", "220 go ahead") {
			c.conn, c.secure = tls.Server(c.conn, c.server.security), true
			c.read = bufio.NewReader(c.conn)
		}
	case "AUTH":
		return c.login(rest)
	case "MAIL":
		c.letter = Letter{From: between(rest), TLS: c.secure, User: c.letter.User}
		c.answer("MAIL", "250 fine")
	case "RCPT":
		c.letter.To += between(rest)
		c.answer("RCPT", "250 fine")
	case "DATA":
		return !c.answer("DATA", "354 go ahead") || c.take()
	case "QUIT":
		c.answer("QUIT", "221 bye")
		return false
	default:
		c.answer(strings.ToUpper(command), "250 fine")
	}
	return true
}

func (c *conversation) greet() bool {
	offers := []string{"250-test", "250-8BITMIME"}
	if c.server.security != nil && !c.secure {
		offers = append(offers, "250-STARTTLS")
	}
	if c.server.user != "" && (c.secure || c.server.security == nil) {
		offers = append(offers, "250-AUTH LOGIN PLAIN")
	}
	return c.reply(strings.Join(append(offers, "250 ENHANCEDSTATUSCODES"), "\r\n"))
}

func (c *conversation) login(rest string) bool {
	mechanism, initial, _ := strings.Cut(rest, " ")
	credentials, err := base64.StdEncoding.DecodeString(initial)
	if mechanism != "PLAIN" || err != nil || "\x00"+c.server.user != string(credentials) {
		return c.reply("535 5.7.8 no")
	}
	c.letter.User, _, _ = strings.Cut(c.server.user, "\x00")
	c.answer("AUTH", "235 2.7.0 welcome")
	return true
}

// take reads the message and keeps it, unless the server was told to refuse it.
func (c *conversation) take() bool {
	var b strings.Builder
	for {
		line, err := c.read.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
	letter := c.letter
	letter.Data = b.String()
	if c.server.user != "" && letter.User == "" {
		return c.reply("530 5.7.0 log in first")
	}
	c.server.mu.Lock()
	kept := c.server.refuse["."] == "" || c.server.refuse["."] == "-" // hangs up with the message in hand
	if kept {
		c.server.letters = append(c.server.letters, letter)
	}
	c.server.mu.Unlock()
	c.answer(".", "250 2.0.0 taken")
	return true
}

func between(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}
