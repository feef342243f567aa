package simhost

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// ServeHTTP serves the product's API with its faults, and notes the call.
func (p *product) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := p.options.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 32<<20))
	if err != nil {
		write(w, http.StatusRequestEntityTooLarge, map[string]string{"error": "the request is too large"})
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	operation := ""
	if o, ok := p.Simulator.(Operator); ok {
		operation = o.Operation(r, body)
	}
	delay, rule := p.faults.next(r.Method, r.URL.Path, operation)
	if !pause(r, delay) {
		return
	}
	c := p.answer(r, rule)
	call := Call{At: at, Method: r.Method, Path: r.URL.Path, Status: c.status, Key: c.header.Get(KeyHeader), Operation: operation}
	c.header.Del(KeyHeader)
	if rule != nil {
		call.Fault = rule.action()
	}
	p.calls.add(call)
	c.deliver(w, r, call.Fault)
}

// pause waits, and reports whether the caller is still there.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// answer is what the product would say, or what the fault says in its place.
func (p *product) answer(r *http.Request, rule *Rule) *captured {
	c := &captured{header: http.Header{}}
	action := ""
	if rule != nil {
		action = rule.action()
	}
	switch action {
	case "", doLost, doTruncated, doCut:
		p.Simulator.ServeHTTP(c, r)
	case doStatus, doThrottle:
		rule.refuse(c, p.options.Now())
	case doHTML:
		c.header.Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(c, "<html><body>We will be right back.</body></html>")
	case doRedirect:
		c.header.Set("Location", "https://elsewhere.example/")
		c.WriteHeader(http.StatusFound)
	}
	if c.status == 0 && action != doHang && action != doDrop {
		c.status = http.StatusOK
	}
	return c
}

func (r *Rule) action() string {
	if r.Do == "" {
		return doStatus
	}
	return r.Do
}

func (r *Rule) refuse(c *captured, now time.Time) {
	status, body := r.Status, []byte(r.Body)
	switch {
	case r.action() == doThrottle:
		status = http.StatusTooManyRequests
	case status == 0:
		status = http.StatusInternalServerError
	}
	if body == nil {
		body = []byte(`{"Message":"simulated fault"}`)
	}
	if r.RetryAfter > 0 {
		name, value := r.say(now)
		c.header.Set(name, value)
	}
	c.header.Set("Content-Type", "application/json")
	c.WriteHeader(status)
	_, _ = c.Write(body)
}

// say writes the pause in the rule's dialect.
func (r *Rule) say(now time.Time) (name, value string) {
	pause := time.Duration(r.RetryAfter)
	switch r.Dialect {
	case "date":
		return "Retry-After", now.Add(pause).UTC().Format(http.TimeFormat)
	case "epoch":
		return "Retry-After", strconv.FormatInt(now.Add(pause).Unix(), 10)
	case "epoch_ms":
		return "Retry-After", strconv.FormatInt(now.Add(pause).UnixMilli(), 10)
	case "reset":
		return "X-RateLimit-Reset", strconv.FormatInt(now.Add(pause).Unix(), 10)
	default:
		return "Retry-After", strconv.Itoa(int(pause.Seconds()))
	}
}

// captured is an answer that has not gone out yet.
type captured struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (c *captured) Header() http.Header { return c.header }

// WriteHeader implements http.ResponseWriter.
func (c *captured) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
}

// Write implements http.ResponseWriter.
func (c *captured) Write(data []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	return c.body.Write(data)
}

// deliver sends the answer the way the fault lets it.
func (c *captured) deliver(w http.ResponseWriter, r *http.Request, fault string) {
	body := c.body.Bytes()
	switch fault {
	case doHang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case doLost, doDrop:
		panic(http.ErrAbortHandler)
	case doTruncated:
		body = body[:len(body)/2]
	}
	for name, values := range c.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(c.status)
	if fault == doCut {
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body)
}
