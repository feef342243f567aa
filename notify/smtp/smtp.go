// Package smtp hands e-mail to a mail server. It owns the one library that speaks SMTP.
//
// A message is handed over once, to one address, with an id that is the same when notify has it
// sent again.
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"scimrelay/configs"
	"scimrelay/notify"
)

// timeout bounds connecting with logging in, and handing over, each.
const timeout = 20 * time.Second

var _ notify.Mailer = Sender{}

// Sender sends through one mail server.
type Sender struct {
	Config configs.SMTP
	// TLS is the base of the connection's settings, in tests only.
	TLS *tls.Config
}

// Mail hands a message over once. It has arrived when the server says so: what goes wrong while
// parting is no failure, or the message would be sent again. Errors name neither the address nor
// what the server said, which likes to quote it.
func (s Sender) Mail(ctx context.Context, m notify.Mail) error {
	message, err := s.message(m)
	if err != nil {
		return err
	}
	// The library leaves the connection open when greeting or login fail.
	line := &line{security: s.security(), wrapped: s.Config.TLS == "tls"}
	defer line.close()
	client, err := mail.NewClient(s.Config.Host, append(s.options(), mail.WithDialContextFunc(line.dial))...)
	if err != nil {
		return errors.New("the mail server's settings cannot be used")
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return plain(err)
	}
	defer func() { _ = client.CloseWithSMTPClient(session) }()
	if err := client.SendWithSMTPClient(session, message); err != nil && !message.IsDelivered() {
		return plain(err)
	}
	return nil
}

// message writes the e-mail. Configuration has refused addresses that are none; what could end a
// header line is refused here again.
func (s Sender) message(m notify.Mail) (*mail.Msg, error) {
	for _, header := range []string{m.Subject, m.ID, m.To, s.Config.From} {
		if strings.ContainsAny(header, "\r\n\x00") {
			return nil, errors.New("a header of the e-mail has more than one line")
		}
	}
	message := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := message.From(s.Config.From); err != nil {
		return nil, errors.New("the sender's address is none")
	}
	if err := message.To(m.To); err != nil {
		return nil, errors.New("the receiver's address is none")
	}
	message.Subject(m.Subject)
	message.SetDateWithValue(m.At)
	message.SetMessageIDWithValue(m.ID + "@" + domain(s.Config.From))
	// RFC 3834: nobody's out-of-office reply is to answer.
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetGenHeader("X-Auto-Response-Suppress", "All")
	message.SetBodyString(mail.TypeTextPlain, m.Text)
	return message, nil
}

func (s Sender) security() *tls.Config {
	security := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		security = s.TLS.Clone()
	}
	security.ServerName = s.Config.Host
	return security
}

func (s Sender) options() []mail.Option {
	options := []mail.Option{mail.WithPort(s.Config.Port), mail.WithTimeout(timeout), mail.WithTLSConfig(s.security()), mail.WithHELO(domain(s.Config.From))}
	login := []mail.SMTPAuthType{mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthCramMD5}
	switch s.Config.TLS {
	case "tls":
		options = append(options, mail.WithSSL())
	case "none": // configuration lets a password go in clear on this machine only
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if s.Config.Username != "" {
		options = append(options, mail.WithOpportunisticSMTPAuth(login...), mail.WithUsername(s.Config.Username), mail.WithPassword(s.Config.Password.Reveal()))
	}
	return options
}

func domain(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}

// plain says what happened in the words of this package.
func plain(err error) error {
	var sending *mail.SendError
	var reply *textproto.Error
	var certificate *tls.CertificateVerificationError
	var network net.Error
	switch {
	case errors.As(err, &sending):
		return errors.New(refused(sending))
	case errors.As(err, &certificate):
		return errors.New("the mail server's certificate is not good for its name")
	case errors.As(err, &reply) && reply.Code >= 530 && reply.Code < 540:
		return fmt.Errorf("the mail server refuses the user name or password (%d)", reply.Code)
	case errors.As(err, &reply):
		return fmt.Errorf("the mail server answered %d before the message was handed over", reply.Code)
	case errors.As(err, &network) && network.Timeout():
		return errors.New("the mail server did not answer in time")
	case errors.As(err, &network):
		return errors.New("the mail server cannot be reached")
	case strings.Contains(err.Error(), "STARTTLS"):
		return errors.New("the mail server does not offer STARTTLS")
	case strings.Contains(err.Error(), "AUTH"):
		return errors.New("the mail server offers no way to log in that could be used")
	}
	return errors.New("the conversation with the mail server broke")
}

func refused(err *mail.SendError) string {
	what := "the message"
	switch err.Reason {
	case mail.ErrSMTPMailFrom, mail.ErrGetSender:
		what = "the sender's address"
	case mail.ErrSMTPRcptTo, mail.ErrGetRcpts:
		what = "the receiver's address"
	}
	if err.ErrorCode() == 0 {
		return "the conversation with the mail server broke while " + what + " was handed over"
	}
	return fmt.Sprintf("the mail server refused %s (%d)", what, err.ErrorCode())
}
