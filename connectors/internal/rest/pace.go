package rest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"scimrelay/connectors"
	"scimrelay/tenants"
)

const (
	// leastPatience is how long a call waits for its place in the bucket, at least. Whoever is
	// worked on then gives its turn back: it would hold a slot that others could use.
	leastPatience = 5 * time.Second
	// endless is the patience for a bucket of some calls: others go past it meanwhile.
	endless = 24 * time.Hour
)

// accountAt names the bucket of the account at this address. The address goes into the digest:
// some vendors have a secret in it.
func accountAt(o Options, base *url.URL) string {
	account := o.Account
	if account == "" { // nobody is known to share it
		account = "only " + o.Tenant + "/" + o.Target
	}
	port := base.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[base.Scheme]
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q", account, base.Scheme, strings.ToLower(base.Hostname()), port, base.EscapedPath()))
	return o.Product + ":" + hex.EncodeToString(sum[:12])
}

// patience is how long a call waits for its place. Alone with its bucket a target never waits
// longer than its own calls under way take, even while the rate rises again.
func patience(r tenants.Rate) time.Duration {
	if r.PerSecond <= 0 {
		return leastPatience
	}
	own := float64(r.Concurrency+1) / (r.PerSecond * connectors.RampStart)
	return max(leastPatience, time.Duration(own*float64(time.Second)))
}

// wait takes a slot and a place in each bucket that is for the call; the caller gives the slot
// back. A slot is not held while the call waits for a bucket of its kind: others go past it.
func (c *Client) wait(ctx context.Context, call Call) error {
	began := c.options.Now()
	for i, l := range c.options.Limits {
		if l.Applies(call) {
			kind := tenants.Rate{PerSecond: l.PerSecond, Burst: l.Burst}
			if err := c.place(ctx, fmt.Sprintf("%s:%d", c.account, i), kind, endless); err != nil {
				return err
			}
		}
	}
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if c.trouble.restedFrom(c.options.Now()) {
		c.options.Buckets.Pause(ctx, c.account, 0)
	}
	if err := c.place(ctx, c.account, c.options.Rate, patience(c.options.Rate)); err != nil {
		<-c.slots
		return err
	}
	c.waited.Record(ctx, c.options.Now().Sub(began).Seconds(), metric.WithAttributes(attribute.String("product", c.options.Product)))
	return nil
}

// place waits for a place in the bucket. Whoever finds that the vendor has asked for a pause
// meanwhile takes another one behind it.
func (c *Client) place(ctx context.Context, account string, rate tenants.Rate, patience time.Duration) error {
	for {
		wait, taken := c.options.Buckets.Take(ctx, account, rate, patience)
		if !taken { // half of it on: others wait for places too, and all would come back at once
			return &connectors.NotBeforeError{Wait: max(wait-patience/2, minPause)}
		}
		if wait <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		if c.options.Buckets.Held(ctx, account) <= 0 {
			return nil
		}
	}
}

// unsent is the fault of a call that was never sent.
func unsent(err error) *connectors.Fault {
	fault := &connectors.Fault{Class: connectors.Transient, Detail: "the call was cut short before it was sent", Err: err}
	var later *connectors.NotBeforeError
	if errors.As(err, &later) {
		fault.Class, fault.RetryAfter = connectors.Throttled, later.Wait
		fault.Detail = "the vendor account has no call to spare now: it rests, or others use it as well"
	}
	return fault
}

// learn tells the bucket, and whoever listens, what the answer says about how much the vendor bears.
func (c *Client) learn(ctx context.Context, call Call, answer Answer, fault *connectors.Fault, took time.Duration) {
	seen := connectors.Called{Call: call.String(), Took: took}
	if fault != nil {
		seen.Class = fault.Class
	}
	pause := c.trouble.note(fault, c.options.Now())
	told := context.WithoutCancel(ctx) // the others must hear of it even when this turn is over
	if pause > 0 {
		c.options.Buckets.Pause(told, c.account, pause)
	} else if rest := exhausted(answer.Header, c.options.Now()); rest > 0 {
		c.options.Buckets.Hold(told, c.account, rest)
	}
	if c.options.Called != nil {
		c.options.Called(seen)
	}
}
