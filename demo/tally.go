package demo

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Tally counts requests and what was answered to them. The zero Tally is ready.
type Tally struct {
	mu      sync.Mutex
	answers map[int]int
}

// count notes an answer; status 0 is none.
func (t *Tally) count(status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.answers == nil {
		t.answers = make(map[int]int)
	}
	t.answers[status]++
}

// Answers is how often each status was answered; status 0 is no answer at all.
func (t *Tally) Answers() map[int]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.answers)
}

// Requests is how many requests were sent.
func (t *Tally) Requests() (sum int) {
	for _, n := range t.Answers() {
		sum += n
	}
	return sum
}

// String lists the answers, as in "200: 401, 201: 200".
func (t *Tally) String() string {
	answers := t.Answers()
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(answers)) {
		word := fmt.Sprint(status)
		if status == 0 {
			word = "no answer"
		}
		parts = append(parts, fmt.Sprintf("%s: %d", word, answers[status]))
	}
	return strings.Join(parts, ", ")
}

// UnexpectedError is an answer that Entra would not take for success.
type UnexpectedError struct {
	Method, Path string
	Status       int
	Type, Detail string // of the SCIM error
}

// Error implements error.
func (e *UnexpectedError) Error() string {
	return strings.TrimRight(fmt.Sprintf("%s %s was answered %d %s: %s", e.Method, e.Path, e.Status, e.Type, e.Detail), ": ")
}

func unexpected(r *http.Request, status int, text []byte) error {
	e := &UnexpectedError{Method: r.Method, Path: r.URL.Path, Status: status}
	var body struct {
		Type   string `json:"scimType"`
		Detail string `json:"detail"`
	}
	if json.Unmarshal(text, &body) == nil {
		e.Type, e.Detail = body.Type, body.Detail
	}
	return e
}
