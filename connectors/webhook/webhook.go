// Package webhook sends signed messages to the webhooks of tenants and the operator, through the
// one outbound client, so that they leave guarded, bounded and without redirects as everything
// else does. The signature is that of Standard Webhooks (standardwebhooks.com).
//
// It sends once: what a message says, to whom it goes and when it is tried again is notify's.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// wholePost bounds one attempt, as senders of webhooks commonly do.
const wholePost = 15 * time.Second

// ErrGone says that the receiver answered 410: it does not want to be called any more.
var ErrGone = errors.New("the receiver answered 410 Gone")

// Message is one call of a webhook.
type Message struct {
	ID  string // the same with every attempt
	URL string
	// Secrets sign the message, each by itself, so that a receiver may know either of two while
	// one is being replaced. Without any it goes unsigned.
	Secrets []configs.Secret
	Body    json.RawMessage
}

// Caller calls webhooks. The zero Caller works, and tells nobody.
type Caller struct {
	Now    func() time.Time
	Log    *slog.Logger
	Traces trace.TracerProvider
	Meters metric.MeterProvider
	// Public says that no receiver is at a private address or on this machine.
	Public bool
}

// Post sends the message once. Any answer of 2xx is a success, whatever it says; a 410 is
// ErrGone. Errors say what happened in words that hold neither the URL nor what was answered.
func (c Caller) Post(ctx context.Context, m Message) error {
	at, err := url.Parse(m.URL)
	if err != nil || configs.WebhookProblem(m.URL) != "" {
		return errors.New("the webhook's URL is none")
	}
	// The body is signed as it is sent: the client would write it in its compact form.
	body, err := json.Marshal(m.Body)
	if err != nil {
		return fmt.Errorf("write the message: %w", err)
	}
	header, err := c.header(m, body)
	if err != nil {
		return err
	}
	client, err := rest.New(rest.Options{Product: "webhook", BaseURL: at.Scheme + "://" + at.Host, Timeout: wholePost,
		Log: c.Log, Traces: c.Traces, Meters: c.Meters, Public: c.Public})
	if err != nil {
		return errors.New("the webhook's URL is none that may be called")
	}
	defer client.Close()
	path, values := template(at.EscapedPath())
	answer, err := client.Do(ctx, rest.Call{Method: http.MethodPost, Path: path, Params: values, Query: at.Query(),
		Header: header, Body: json.RawMessage(body), Name: "webhook"})
	return outcome(answer, err)
}

// template takes an address's path apart: hooks have their keys there, which belong in no log
// and no trace.
func template(path string) (string, map[string]string) {
	values := make(map[string]string)
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil || plain == "" {
			continue
		}
		name := "s" + strconv.Itoa(i)
		values[name], segments[i] = plain, "{"+name+"}"
	}
	return "/" + strings.Join(segments, "/"), values
}

// outcome is what the answer means. The client judges vendors' APIs; a receiver of messages may
// answer with a page.
func outcome(answer rest.Answer, err error) error {
	switch {
	case answer.Status/100 == 2:
		return nil
	case answer.Status == http.StatusGone:
		return ErrGone
	case answer.Status != 0:
		return fmt.Errorf("the receiver answered %d", answer.Status)
	case err == nil:
		return errors.New("the receiver gave no answer")
	}
	return errors.New(strings.NewReplacer("the vendor's", "the receiver's", "the vendor", "the receiver").Replace(connectors.FaultOf(err).Detail))
}

// header has what Standard Webhooks asks for.
func (c Caller) header(m Message, body []byte) (http.Header, error) {
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	stamp := strconv.FormatInt(now().Unix(), 10)
	header := http.Header{}
	header.Set("Webhook-Id", m.ID)
	header.Set("Webhook-Timestamp", stamp)
	var signatures []string
	for _, secret := range m.Secrets {
		signature, err := sign(secret, m.ID, stamp, body)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, signature)
	}
	if len(signatures) > 0 {
		header.Set("Webhook-Signature", strings.Join(signatures, " "))
	}
	return header, nil
}

// sign is the v1 signature: HMAC-SHA256 of id, time and body, under the secret's decoded bytes.
func sign(secret configs.Secret, id, stamp string, body []byte) (string, error) {
	if secret.Empty() || configs.SigningProblem(secret) != "" {
		return "", errors.New("a signing secret is none")
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret.Reveal(), "whsec_"))
	if err != nil {
		return "", errors.New("a signing secret is none")
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.", id, stamp)
	_, _ = mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
