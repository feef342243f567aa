package event_test

import (
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/event"
)

func TestParsePoll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want event.Poll
	}{
		"nothing said":     {`{}`, event.Poll{Most: math.MaxInt, Wait: true}},
		"at once":          {`{"returnImmediately":true}`, event.Poll{Most: math.MaxInt}},
		"so many":          {`{"maxEvents":7,"returnImmediately":false}`, event.Poll{Most: 7, Wait: true}},
		"only to tell":     {`{"maxEvents":0,"ack":["a","b"]}`, event.Poll{Wait: true, Received: []string{"a", "b"}}},
		"nulls":            {`{"maxEvents":null,"returnImmediately":null,"ack":null,"setErrs":null}`, event.Poll{Most: math.MaxInt, Wait: true}},
		"something beside": {`{"stream":"x","ack":[]}`, event.Poll{Most: math.MaxInt, Wait: true}},
		"errors": {`{"setErrs":{"a":{"err":"jws","description":"no key"},"b":{}}}`,
			event.Poll{Most: math.MaxInt, Wait: true, Refused: map[string]string{"a": "jws", "b": ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := event.ParsePoll([]byte(c.body), scim.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Refused) == 0 {
				got.Refused = nil
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAPollThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing":                "",
		"no object":              `[]`,
		"no JSON":                `{"ack":`,
		"two members of a name":  `{"ack":["a"],"ack":["b"]}`,
		"less than none":         `{"maxEvents":-1}`,
		"a part of one":          `{"maxEvents":1.5}`,
		"a number as text":       `{"maxEvents":"1"}`,
		"more than there can be": `{"maxEvents":99999999999999999999}`,
		"at once as text":        `{"returnImmediately":"true"}`,
		"one id without a list":  `{"ack":"a"}`,
		"an id that is none":     `{"ack":["a",1]}`,
		"too many ids":           `{"ack":[` + strings.Repeat(`"a",`, 1000) + `"a"]}`,
		"errors as a list":       `{"setErrs":[]}`,
		"an error as text":       `{"setErrs":{"a":"jws"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := event.ParsePoll([]byte(body), scim.DefaultLimits())
			if err == nil || scim.AsError(err).Status != http.StatusBadRequest {
				t.Errorf("%+v, %v", p, err)
			}
		})
	}
}

func FuzzParsePoll(f *testing.F) {
	for _, body := range []string{`{}`, `{"maxEvents":1,"ack":["a"],"setErrs":{"a":{"err":"x"}}}`, `{"ack":[[]]}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := event.ParsePoll(body, scim.DefaultLimits())
		if err != nil && scim.AsError(err).Status != http.StatusBadRequest {
			t.Error(err)
		}
		if err == nil && (p.Most < 0 || len(p.Received) > 1000) {
			t.Errorf("%+v", p)
		}
	})
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	got, err := event.Answer(map[string]string{"b": "2.2.2", "a": "1.1.1"}, true)
	if err != nil || string(got) != `{"moreAvailable":true,"sets":{"a":"1.1.1","b":"2.2.2"}}` {
		t.Errorf("%s, %v", got, err)
	}
	if got, err = event.Answer(nil, false); err != nil || string(got) != `{"moreAvailable":false,"sets":{}}` {
		t.Errorf("%s, %v", got, err)
	}
}
