package timeclock

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// request is one call as JSON-RPC 2.0 writes it.
type request struct {
	Version string `json:"jsonrpc"`
	ID      int64  `json:"id"`
	Method  string `json:"method"`
	Params  any    `json:"params"`
}

// response is the answer to one.
type response struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   *problem        `json:"error"`
}

// problem is a failure as JSON-RPC 2.0 writes it.
type problem struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

// about is what the data of a problem may say. ASSUMED.
type about struct {
	Field             string  `json:"field"`
	RetryAfterSeconds float64 `json:"retryAfterSeconds"`
}

// about reads the data, which JSON-RPC leaves to the vendor.
func (p *problem) about() (a about) {
	if json.Unmarshal(p.Data, &a) != nil {
		return about{}
	}
	return a
}

// call calls the method and reads its result into what into points at; nil reads nothing.
func (c *connector) call(ctx context.Context, method string, params map[string]any, hidden []string, into any) error {
	call := rest.Call{Method: http.MethodPost, Path: rpcPath, Idempotent: repeatable(method), Private: hidden,
		Header: http.Header{"Authorization": {"Bearer " + c.key.Reveal()}},
		Body:   request{Version: "2.0", ID: c.last.Add(1), Method: method, Params: params}}
	answer, err := c.client.Do(ctx, call)
	if err != nil {
		return explain(call, answer, err)
	}
	said, ok := read(call, answer)
	if !ok {
		return connectors.Faultf(connectors.Nonsense, "the answer is none to the request")
	}
	if into == nil {
		return nil
	}
	err = rest.Answer{Body: said.Result}.Decode(into)
	if err != nil && !call.Idempotent {
		return &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "TimeClock 365 accepted a new user and did not say its id"}
	}
	return err
}

// read finds the answer to the call; false when there is none, or several that differ.
func read(call rest.Call, answer rest.Answer) (response, bool) {
	asked, _ := call.Body.(request)
	body := answer.Body
	if bytes.HasPrefix(body, []byte("[")) {
		var twice []json.RawMessage
		if json.Unmarshal(body, &twice) != nil || len(twice) == 0 || !alike(twice) {
			return response{}, false
		}
		body = twice[0]
	}
	var said response
	if json.Unmarshal(body, &said) != nil || said.Version != "2.0" || (said.Error == nil) == (said.Result == nil) {
		return response{}, false
	}
	id := strings.TrimSpace(string(said.ID))
	anonymous := (id == "" || id == "null") && said.Error != nil && (said.Error.Code == parseError || said.Error.Code == invalidRequest)
	return said, anonymous || id == strconv.FormatInt(asked.ID, 10)
}

// alike says whether all are one answer, sent again.
func alike(answers []json.RawMessage) bool {
	return !slices.ContainsFunc(answers, func(a json.RawMessage) bool { return !bytes.Equal(a, answers[0]) })
}

// refuses finds the failure in an answer of 2xx.
func refuses(call rest.Call, answer rest.Answer) connectors.Class {
	said, ok := read(call, answer)
	switch {
	case !ok:
		return connectors.Nonsense
	case said.Error == nil:
		return ""
	default:
		return said.Error.class(call)
	}
}

func (p *problem) class(call rest.Call) connectors.Class {
	asked, _ := call.Body.(request)
	if p.Code == unknownUser && !aboutOne(asked.Method) {
		return connectors.Nonsense
	}
	return meaningOf(p.Code).class
}

// classify overrules what a status other than 2xx means. TimeClock 365 says what is wrong with a
// person inside 200, so one URL that is "not found" is a wrong address speaking. Should an answer
// to the call stand in the body all the same, it is that which counts.
func classify(call rest.Call, answer rest.Answer, class connectors.Class) connectors.Class {
	said, ok := read(call, answer)
	switch {
	case ok && said.Error != nil:
		return said.Error.class(call)
	case class == connectors.NotFound:
		return connectors.Nonsense
	default:
		return class
	}
}

// pause reads from the body of a throttling answer how long it asks to wait.
func pause(answer rest.Answer) time.Duration {
	var said response
	if json.Unmarshal(answer.Body, &said) != nil || said.Error == nil {
		return 0
	}
	const day = 24 * 60 * 60
	return time.Duration(min(max(said.Error.about().RetryAfterSeconds, 0), day) * float64(time.Second))
}

// explain says in plain words what the answer's code means.
func explain(call rest.Call, answer rest.Answer, err error) error {
	fault := *connectors.FaultOf(err)
	asked, _ := call.Body.(request)
	said, ok := read(call, answer)
	switch {
	case ok && said.Error != nil && fault.Class == said.Error.class(call):
		fault.Detail = said.Error.words(asked.Method, append(answer.Carried(), call.Private...))
	case fault.Class == connectors.Auth:
		fault.Detail = meaningOf(1401).words
	}
	return &fault
}

// words are those of the code's meaning. A meaning that is left open gets the method, the field and
// the vendor's own words.
func (p *problem) words(method string, hidden []string) string {
	words, open := strings.CutSuffix(meaningOf(p.Code).words, ":")
	if !open {
		return words
	}
	words += " in " + method
	// Only fields that are sent: nothing else of the data is known to be no value.
	if field := p.about().Field; slices.Contains(fieldNames(), field) {
		words += ", field " + field
	}
	if reason := rest.Redact(p.Message, hidden...); reason != "" {
		words += ": " + reason
	}
	return words
}
