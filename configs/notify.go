package configs

import (
	"encoding/base64"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
)

// Notify is how notices leave the gateway, and who else hears of every tenant's.
type Notify struct {
	SMTP     SMTP     `yaml:"smtp"`
	Operator Operator `yaml:"operator"`
}

// SMTP is the mail server that takes e-mail; without a host no e-mail is sent.
type SMTP struct {
	Host string `yaml:"host"`
	// Port follows TLS unless the file names one: 587 for starttls, 465 for tls, 25 for none.
	Port     int    `yaml:"port"`
	Username string `yaml:"username"`
	Password Secret `yaml:"password"`
	// TLS is starttls, tls or none. The first two send nothing to a server whose certificate is
	// not good for Host.
	TLS string `yaml:"tls"`
	// From is the sender's address.
	From string `yaml:"from"`
}

// On reports whether there is a mail server.
func (s SMTP) On() bool { return s.Host != "" }

// Operator is where the gateway's operator hears of every tenant's notices.
type Operator struct {
	Email   string `yaml:"email"`
	Webhook string `yaml:"webhook"`
	// Secret signs what goes to the webhook; so does PreviousSecret while it is being replaced.
	Secret         Secret `yaml:"secret"`
	PreviousSecret Secret `yaml:"previous_secret"`
}

// validate checks the group and fills in the port.
func (n *Notify) validate(check func(path, problem string)) {
	s := &n.SMTP
	if s.Port == 0 {
		s.Port = map[string]int{"tls": 465, "none": 25}[s.TLS]
	}
	if s.Port == 0 {
		s.Port = 587
	}
	check("notify.smtp.host", unless(isHost(s.Host) || s.Host == "" && s.From == "" && s.Username == "" && s.Password.Empty(), "want the name of a mail server"))
	check("notify.smtp.port", unless(s.Port > 0 && s.Port <= 65535, "want a port from 1 to 65535"))
	check("notify.smtp.tls", oneOf(s.TLS, "starttls", "tls", "none"))
	check("notify.smtp.from", unless(s.From != "" || !s.On(), "want the sender's address"))
	check("notify.smtp.from", MailProblem(s.From))
	check("notify.smtp.username", unless((s.Username == "") == s.Password.Empty(), "want user name and password, or neither"))
	check("notify.smtp.username", unless(printable(s.Username), "want no control characters"))
	check("notify.smtp.tls", unless(s.TLS != "none" || s.Password.Empty() || isLoopback(s.Host), "would send the password in clear: want starttls or tls"))
	o := n.Operator
	check("notify.operator.email", MailProblem(o.Email))
	check("notify.operator.email", unless(o.Email == "" || s.On(), "needs notify.smtp to be sent"))
	check("notify.operator.webhook", WebhookProblem(o.Webhook))
	check("notify.operator.secret", SigningProblem(o.Secret))
	check("notify.operator.secret", unless(o.Secret.Empty() || o.Webhook != "", "signs what goes to a webhook, and there is none"))
	check("notify.operator.previous_secret", SigningProblem(o.PreviousSecret))
	check("notify.operator.previous_secret", unless(o.PreviousSecret.Empty() || !o.Secret.Empty(), "goes with notify.operator.secret"))
}

// warnings name what works and should not stay so, and where the file contradicts itself.
func (c Config) warnings(root Node) (fs Faults) {
	const webhook = "notify.operator.webhook"
	o, at := c.Notify.Operator, root.Lookup(webhook).Position()
	if o.Webhook != "" && o.Secret.Empty() {
		fs.Add(at, "%s: without notify.operator.secret nothing is signed, and the receiver cannot tell who calls", webhook)
	}
	if u, err := url.Parse(o.Webhook); err == nil && Inside(u.Hostname()) && !c.Private() {
		fs.Add(at, "%s: %s is inside, where no call may go: set outbound.private: true", webhook, u.Hostname())
	}
	return fs
}

// MailProblem says what is wrong with a mail address, nothing when it is empty. What passes has
// nothing in it that could end a line or begin another address.
func MailProblem(address string) string {
	const problem = "want one mail address, as in it@acme.example"
	if address == "" {
		return ""
	}
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > 254 || !printable(address) || strings.ContainsAny(address, " \"<>,;:()[]\\") {
		return problem
	}
	return ""
}

// WebhookProblem says what is wrong with the URL of a webhook, nothing when it is empty.
func WebhookProblem(address string) string {
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || !printable(address):
		return "want a whole http or https URL"
	case u.User != nil || u.Fragment != "":
		return "want a URL without user and fragment"
	case u.Scheme == "http" && !Inside(u.Hostname()):
		return "want https; http is only for localhost and private addresses"
	}
	if _, err := url.ParseQuery(u.RawQuery); err != nil {
		return "want a query of names and values"
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return "want no . or .. in its path"
		}
	}
	return ""
}

// The lengths of a signing secret that Standard Webhooks allows, in bytes.
const (
	minSigning = 24
	maxSigning = 64
)

// SigningProblem says what is wrong with a secret that webhooks are signed with, without quoting
// it, nothing when there is none.
func SigningProblem(secret Secret) string {
	if secret.Empty() {
		return ""
	}
	text, ok := strings.CutPrefix(secret.Reveal(), "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	return unless(ok && err == nil && len(key) >= minSigning && len(key) <= maxSigning, "want whsec_ and the base64 of 24 to 64 random bytes")
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// isHost takes names and addresses; whether there is such a host is not known before it is asked.
func isHost(s string) bool {
	if net.ParseIP(s) != nil {
		return true
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"
	return s != "" && len(s) <= 253 && strings.Trim(s, letters) == ""
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// Inside says whether a host is a literal of the machine itself or of a private network, or
// localhost. What a name stands for is seen when it is called.
func Inside(host string) bool {
	ip, err := netip.ParseAddr(host)
	return isLoopback(host) || err == nil && ip.Unmap().IsPrivate()
}
