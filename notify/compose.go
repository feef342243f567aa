package notify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"scimrelay/store"
)

// Mail is one e-mail: plain text to one address.
type Mail struct {
	ID      string // of the message, the same with every attempt
	To      string
	Subject string
	Text    string
	At      time.Time
}

// Composer puts messages into words.
type Composer struct {
	Tenants Tenants
	// Link is where a reader finds more: the gateway's public URL.
	Link string
}

// document is what a webhook receives. Names stay; new ones may come.
type document struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"` // when the message was made
	Data      data      `json:"data"`
}

type data struct {
	ID      string `json:"id"`
	Tenant  string `json:"tenant,omitempty"` // none where the operator hears of several
	Notices []said `json:"notices"`
	Link    string `json:"link"`
}

// said is one notice in the document.
type said struct {
	ID          string    `json:"id"`
	Kind        string    `json:"kind"`
	Tenant      string    `json:"tenant"`
	Target      string    `json:"target,omitempty"`
	Product     string    `json:"product,omitempty"`
	Reason      string    `json:"reason"`
	Summary     string    `json:"summary"`
	Detail      string    `json:"detail,omitempty"`
	Counts      counts    `json:"counts"`
	SeriesBegan time.Time `json:"series_began,omitzero"`
	At          time.Time `json:"at"`
}

// counts are of links: people and groups at one target.
type counts struct {
	Links   int `json:"links"`
	Waiting int `json:"waiting"`
}

// Document is the body of a webhook.
func (c Composer) Document(d store.Delivery) (json.RawMessage, error) {
	body := document{Type: "scimrelay.notices", Timestamp: d.Begun,
		Data: data{ID: d.ID, Tenant: d.Tenant, Link: c.Link}}
	if d.Tenant == store.OperatorOutlets {
		body.Data.Tenant = ""
	}
	for _, n := range d.Notices {
		body.Data.Notices = append(body.Data.Notices, said{
			ID: n.ID, Kind: string(n.Kind), Tenant: n.Tenant, Target: n.Target, Product: c.product(n), Reason: clean(n.Reason),
			Summary: c.summary(n), Detail: clean(n.Detail), Counts: counts{n.Links, n.Waiting}, SeriesBegan: n.Series, At: n.At,
		})
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("notify: write a message: %w", err)
	}
	return text, nil
}

// Mail is the same as an e-mail.
func (c Composer) Mail(d store.Delivery, to string) Mail {
	var b strings.Builder
	for _, n := range d.Notices {
		c.paragraph(&b, n)
	}
	fmt.Fprintf(&b, "More: %s\n", c.Link)
	for _, tenant := range tenantsOf(d.Notices) {
		fmt.Fprintf(&b, "The operator sees what waits and why with: scimrelay tenant status %s\n", tenant)
	}
	fmt.Fprintf(&b, "\n-- \nscimrelay sends this by itself, at most once an hour. Nobody reads answers.\nMessage %s\n", d.ID)
	return Mail{ID: d.ID, To: to, Subject: c.subject(d), Text: b.String(), At: d.Begun}
}

// paragraph is one notice as a reader meets it: what happened, facts, what it means, what to do.
func (c Composer) paragraph(b *strings.Builder, n store.KeptNotice) {
	w := inWords(n.Kind, n.Reason)
	fmt.Fprintf(b, "%s\n\n", c.summary(n))
	fact := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "  %-10s%s\n", name, value)
		}
	}
	fact("product", c.product(n))
	if !n.Series.IsZero() {
		fact("since", stamp(n.Series))
	}
	fact("noticed", stamp(n.At))
	if n.Links > 0 {
		fact("waiting", fmt.Sprintf("%s of %s people and groups", grouped(n.Waiting), grouped(n.Links)))
	}
	fact("detail", clean(n.Detail))
	for _, text := range []string{w.means, w.act} {
		if text != "" {
			fmt.Fprintf(b, "\n%s\n", wrap(text))
		}
	}
	b.WriteString("\n\n")
}

// summary is the notice in one line.
func (c Composer) summary(n store.KeptNotice) string {
	who := c.name(n.Tenant)
	if n.Target != "" {
		who = clean(n.Target) + " of " + who
	}
	return who + " " + inWords(n.Kind, n.Reason).title
}

func (c Composer) subject(d store.Delivery) string {
	of := tenantsOf(d.Notices)
	switch {
	case len(d.Notices) == 1:
		return "[scimrelay] " + c.summary(d.Notices[0])
	case len(of) == 1:
		return fmt.Sprintf("[scimrelay] %s: %d notices", c.name(of[0]), len(d.Notices))
	}
	return fmt.Sprintf("[scimrelay] %d notices about %d tenants", len(d.Notices), len(of))
}

// name is what people call the tenant.
func (c Composer) name(tenant string) string {
	if t, ok := c.Tenants.Tenant(tenant); ok && t.Name != "" {
		return clean(t.Name)
	}
	return clean(tenant)
}

func (c Composer) product(n store.KeptNotice) string {
	t, ok := c.Tenants.Tenant(n.Tenant)
	if !ok {
		return ""
	}
	target, _ := t.Find(n.Target)
	return target.Product
}

// tenantsOf are whom the notices are about, each once, in their order.
func tenantsOf(notices []store.KeptNotice) (ids []string) {
	for _, n := range notices {
		if !slices.Contains(ids, n.Tenant) {
			ids = append(ids, n.Tenant)
		}
	}
	return ids
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// wrap breaks a text into lines of at most 76 characters.
func wrap(text string) string {
	const width = 76
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case column+1+n > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}
