package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"

	"scimrelay/connectors/simhost"
)

// envelope is a request of JSON-RPC 2.0.
type envelope struct {
	Version string                     `json:"jsonrpc"`
	ID      json.RawMessage            `json:"id"`
	Method  string                     `json:"method"`
	Params  map[string]json.RawMessage `json:"params"`
}

// refusal is an error of JSON-RPC 2.0.
type refusal struct {
	code    int
	message string
	data    map[string]any
}

// Error implements error.
func (r refusal) Error() string { return r.message }

// refuse makes a refusal, with the field it is about where there is one.
func refuse(code int, message, field string) refusal {
	r := refusal{code: code, message: message}
	if field != "" {
		r.data = map[string]any{"field": field}
	}
	return r
}

// Operation implements simhost.Operator: the method of the call, or batch.
func (s *Sim) Operation(_ *http.Request, body []byte) string {
	var e envelope
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")):
		return "batch"
	case json.Unmarshal(body, &e) != nil:
		return ""
	}
	return e.Method
}

// answer does the call and says what came of it, as the knobs let it.
func (s *Sim) answer(w http.ResponseWriter, r *http.Request) {
	e, result, err := s.do(w, r)
	said := map[string]any{"jsonrpc": "2.0", "id": e.ID, "result": result}
	if len(e.ID) == 0 {
		said["id"] = nil
	}
	if err != nil {
		refused := refuse(-32603, "Internal error", "")
		_ = errors.As(err, &refused)
		if s.plain(w, refused.code) {
			return
		}
		if refused.code == 1429 && s.knobs.RetryAfter > 0 {
			refused.data = map[string]any{"retryAfterSeconds": s.knobs.RetryAfter}
		}
		problem := map[string]any{"code": refused.code, "message": refused.message}
		if refused.data != nil {
			problem["data"] = refused.data
		}
		delete(said, "result")
		said["error"] = problem
	}
	switch s.knobs.AnswerID {
	case "drop":
		delete(said, "id")
	case "other":
		said["id"] = 424242
	}
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	switch s.knobs.DuplicateAnswers {
	case "array":
		_ = encoder.Encode([]any{said, said})
	case "lines":
		_ = encoder.Encode(said)
		_ = encoder.Encode(said)
	default:
		_ = encoder.Encode(said)
	}
}

// plain answers a refused key and too many calls by HTTP's own means, where the knob says so.
func (s *Sim) plain(w http.ResponseWriter, code int) bool {
	if !s.knobs.PlainHTTP || code != 1401 && code != 1429 {
		return false
	}
	status := http.StatusUnauthorized
	if code == 1429 {
		status = http.StatusTooManyRequests
		if s.knobs.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(s.knobs.RetryAfter))
		}
	}
	w.WriteHeader(status)
	return true
}

// do reads the request and calls its method.
func (s *Sim) do(w http.ResponseWriter, r *http.Request) (e envelope, result any, err error) {
	var raw json.RawMessage
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "application/json" || json.NewDecoder(r.Body).Decode(&raw) != nil {
		return e, nil, refuse(-32700, "Parse error", "")
	}
	if json.Unmarshal(raw, &e) != nil || e.Version != "2.0" || e.Method == "" || len(e.ID) == 0 {
		return envelope{}, nil, refuse(-32600, "Invalid Request", "")
	}
	c, err := s.open(r)
	if err != nil {
		return e, nil, err
	}
	call, ok := s.methods()[e.Method]
	if !ok || s.knobs.NoUserMethods {
		return e, nil, refuse(-32601, "Method not found", "")
	}
	p := &parameters{values: e.Params}
	result, about, err := call(c, p)
	if about != nil {
		w.Header().Set(simhost.KeyHeader, about.text("username"))
	}
	return e, result, err
}

// methods is the surface. A method returns whom it was about, where that is one user.
func (s *Sim) methods() map[string]func(*customer, *parameters) (any, *user, error) {
	return map[string]func(*customer, *parameters) (any, *user, error){
		"users.list":           s.listUsers,
		"users.create":         s.createUser,
		"users.get":            onUser(s.getUser),
		"users.update":         onUser(s.updateUser),
		"users.deactivate":     onUser(s.deactivateUser),
		"users.activate":       onUser(s.activateUser),
		"users.releaseLicense": onUser(s.releaseLicense),
		"users.assignLicense":  onUser(s.assignLicense),
		"roles.list":           s.listRoles,
		"licenses.summary":     s.licenses,
	}
}

// onUser lets a method run on the user its id names.
func onUser(call func(*customer, *user, *parameters) (any, error)) func(*customer, *parameters) (any, *user, error) {
	return func(c *customer, p *parameters) (any, *user, error) {
		id, sent := p.integer("id")
		if !sent && p.err == nil {
			p.err = refuse(-32602, "Invalid params", "id")
		}
		if p.err != nil {
			return nil, nil, p.err
		}
		u := c.users[id]
		if u == nil {
			return nil, nil, refuse(1404, "Unknown user", "")
		}
		result, err := call(c, u, p)
		return result, u, err
	}
}
