package connectortest

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"scimrelay/connectors/simhost"
)

// State is what the vendor holds.
func (b *Bench[C]) State() simhost.State {
	state, _ := b.Host.State(b.simulator.Name())
	return state
}

// Account is the vendor's with the key or the id.
func (b *Bench[C]) Account(word string) simhost.Account {
	b.T.Helper()
	for _, account := range b.State().Accounts {
		if account.Key == word || account.ID == word {
			return account
		}
	}
	b.T.Fatalf("the vendor has no account %s", word)
	return simhost.Account{}
}

// Native is the same account as the vendor's own object.
func (b *Bench[C]) Native(word string) map[string]any {
	b.T.Helper()
	row, _ := b.Account(word).Native.(map[string]any)
	return row
}

// Count is how many calls the vendor has got.
func (b *Bench[C]) Count() int { return len(b.Host.Calls(b.simulator.Name())) }

// Calls tells what was called since the count, as in "POST /users 200", or by the name of the
// operation where all calls have one path.
func (b *Bench[C]) Calls(since int) (told []string) {
	for _, call := range b.Host.Calls(b.simulator.Name())[since:] {
		if call.Operation != "" {
			told = append(told, call.Operation)
			continue
		}
		told = append(told, fmt.Sprintf("%s %s %d", call.Method, b.short(call.Path), call.Status))
	}
	return told
}

func (b *Bench[C]) short(path string) string {
	if b.setup.Short != nil {
		return b.setup.Short(path)
	}
	return strings.TrimPrefix(path, b.simulator.Sample().Path)
}

// ByHand calls the vendor as somebody else does, with these headers, and gives the answer. The
// path comes behind the product's name.
func (b *Bench[C]) ByHand(method, path, body string, header map[string]string) (status int, answer string) {
	request := httptest.NewRequest(method, "/"+b.simulator.Name()+path, strings.NewReader(body))
	for name, value := range header {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	b.Host.ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.String()
}

// SetKnobs sets the own knobs of a simulator that nobody serves, in JSON.
func SetKnobs(tb testing.TB, s simhost.Simulator, knobs string) error {
	tb.Helper()
	var set map[string]json.RawMessage
	if err := json.Unmarshal([]byte(knobs), &set); err != nil {
		tb.Fatal(err)
	}
	return s.SetKnobs(set)
}
