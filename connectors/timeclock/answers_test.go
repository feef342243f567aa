package timeclock_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
)

// said is what a vendor answers: ID stands for the request's.
type said struct {
	status int
	header map[string]string
	body   string
}

// vendor is a company whose vendor always says the same.
func vendor(t *testing.T, s said) *company {
	t.Helper()
	c := newCompany(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ ID json.RawMessage }
		_ = json.NewDecoder(r.Body).Decode(&asked)
		w.Header().Set("Content-Type", "application/json")
		for name, value := range s.header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(s.status)
		_, _ = fmt.Fprint(w, strings.ReplaceAll(s.body, "ID", string(asked.ID)))
	}))
	t.Cleanup(server.Close)
	c.Target.BaseURL = server.URL
	c.Open()
	return c
}

func failure(code int, rest string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":ID,"error":{"code":%d,"message":"Ben Adar is refused"%s}}`, code, rest)
}

// asked reports whether the fault asks for the pause, or, where the vendor named none, for a guess.
func asked(fault *connectors.Fault, pause time.Duration) bool {
	return fault.RetryAfter == pause || pause == 0 && fault.Class == connectors.Throttled && fault.RetryAfter <= 2*time.Second
}

func TestEveryAnswerHasItsClass(t *testing.T) {
	const row = `{"id":1,"username":"ben@acme.test","active":true}`
	list := `{"jsonrpc":"2.0","id":ID,"result":{"total":1,"items":[` + row + `]}}`
	for name, c := range map[string]struct {
		said
		find, create connectors.Class // none is success
		uncertain    bool             // of the create
		pause        time.Duration
		words        string
	}{
		"parse error":           {said{200, nil, failure(-32700, "")}, connectors.Internal, connectors.Internal, false, 0, "cannot read"},
		"parse error, no id":    {said{200, nil, strings.Replace(failure(-32700, ""), "ID", "null", 1)}, connectors.Internal, connectors.Internal, false, 0, ""},
		"invalid request":       {said{200, nil, strings.Replace(failure(-32600, ""), `"id":ID,`, "", 1)}, connectors.Internal, connectors.Internal, false, 0, ""},
		"no such method":        {said{200, nil, failure(-32601, "")}, connectors.Plan, connectors.Plan, false, 0, "user methods"},
		"invalid params":        {said{200, nil, failure(-32602, `,"data":{"field":"email"}`)}, connectors.Invalid, connectors.Invalid, false, 0, "field email"},
		"a field that is none":  {said{200, nil, failure(-32602, `,"data":{"field":"Ben Adar"}`)}, connectors.Invalid, connectors.Invalid, false, 0, ""},
		"data that is a text":   {said{200, nil, failure(1422, `,"data":"Ben Adar"`)}, connectors.Invalid, connectors.Invalid, false, 0, "refuses the person's data"},
		"internal error":        {said{200, nil, failure(-32603, "")}, connectors.Transient, connectors.Transient, true, 0, "fault of its own"},
		"server error":          {said{200, nil, failure(-32000, "")}, connectors.Transient, connectors.Transient, true, 0, ""},
		"key refused":           {said{200, nil, failure(1401, "")}, connectors.Auth, connectors.Auth, false, 0, "API key"},
		"key refused by HTTP":   {said{401, nil, ""}, connectors.Auth, connectors.Auth, false, 0, "API key"},
		"no licence":            {said{200, nil, failure(1402, "")}, connectors.Seats, connectors.Seats, false, 0, "no licence is free"},
		"no administrator":      {said{200, nil, failure(1403, "")}, connectors.Auth, connectors.Auth, false, 0, "role Administrator"},
		"unknown user":          {said{200, nil, failure(1404, "")}, connectors.NotFound, connectors.Nonsense, true, 0, ""},
		"taken":                 {said{200, nil, failure(1409, "")}, connectors.Exists, connectors.Exists, false, 0, ""},
		"validation":            {said{200, nil, failure(1422, "")}, connectors.Invalid, connectors.Invalid, false, 0, ""},
		"throttled":             {said{200, nil, failure(1429, `,"data":{"retryAfterSeconds":7}`)}, connectors.Throttled, connectors.Throttled, false, 7 * time.Second, "asks to wait"},
		"throttled, no pause":   {said{200, nil, failure(1429, "")}, connectors.Throttled, connectors.Throttled, false, 0, ""},
		"throttled by HTTP":     {said{429, map[string]string{"Retry-After": "9"}, ""}, connectors.Throttled, connectors.Throttled, false, 9 * time.Second, ""},
		"a code nobody knows":   {said{200, nil, failure(1499, "")}, connectors.Invalid, connectors.Invalid, false, 0, "not known here"},
		"an error with 500":     {said{500, nil, failure(1422, "")}, connectors.Invalid, connectors.Invalid, true, 0, ""},
		"404 of somebody else":  {said{404, nil, `{"message":"no route"}`}, connectors.Nonsense, connectors.Nonsense, false, 0, ""},
		"another id":            {said{200, nil, strings.Replace(failure(1404, ""), "ID", "424242", 1)}, connectors.Nonsense, connectors.Nonsense, true, 0, ""},
		"no id":                 {said{200, nil, strings.Replace(failure(1404, ""), `"id":ID,`, "", 1)}, connectors.Nonsense, connectors.Nonsense, true, 0, ""},
		"no id and a result":    {said{200, nil, strings.Replace(list, `"id":ID,`, "", 1)}, connectors.Nonsense, connectors.Nonsense, true, 0, ""},
		"an id that is a text":  {said{200, nil, strings.Replace(list, "ID", `"ID"`, 1)}, connectors.Nonsense, connectors.Nonsense, true, 0, ""},
		"neither member":        {said{200, nil, `{"jsonrpc":"2.0","id":ID}`}, connectors.Nonsense, connectors.Nonsense, true, 0, ""},
		"both members":          {said{200, nil, `{"jsonrpc":"2.0","id":ID,"result":{},"error":{"code":1404,"message":""}}`}, connectors.Nonsense, connectors.Nonsense, true, 0, ""},
		"another protocol":      {said{200, nil, `{"id":ID,"result":{"id":1}}`}, connectors.Nonsense, connectors.Nonsense, true, 0, ""},
		"nothing":               {said{200, nil, ""}, connectors.Nonsense, connectors.Nonsense, true, 0, ""},
		"HTML":                  {said{200, map[string]string{"Content-Type": "text/html"}, "<html>"}, connectors.Nonsense, connectors.Nonsense, true, 0, ""},
		"two that differ":       {said{200, nil, "[" + failure(1404, "") + "," + failure(1402, "") + "]"}, connectors.Nonsense, connectors.Nonsense, true, 0, ""},
		"none of a batch":       {said{200, nil, "[]"}, connectors.Nonsense, connectors.Nonsense, true, 0, ""},
		"made without an id":    {said{200, nil, `{"jsonrpc":"2.0","id":ID,"result":null}`}, connectors.Nonsense, connectors.Unknown, true, 0, ""},
		"made in another shape": {said{200, nil, `{"jsonrpc":"2.0","id":ID,"result":[1]}`}, connectors.Nonsense, connectors.Unknown, true, 0, ""},
		"somebody else":         {said{200, nil, `{"jsonrpc":"2.0","id":ID,"result":{"id":2,"username":"x","active":true}}`}, connectors.Nonsense, "", false, 0, ""},
		"half a user":           {said{200, nil, `{"jsonrpc":"2.0","id":ID,"result":{"id":1,"username":"ben@acme.test"}}`}, connectors.Nonsense, "", false, 0, ""},
		"found and made":        {said{200, nil, `{"jsonrpc":"2.0","id":ID,"result":` + row + `}`}, "", "", false, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := vendor(t, c.said)
			want := v.record("1", ben, nil)
			_, made := v.Connector.Create(t.Context(), want)
			want.VendorID = "1"
			_, found := v.Connector.Find(t.Context(), want)
			for call, got := range map[string]struct {
				err   error
				class connectors.Class
			}{"find": {found, c.find}, "create": {made, c.create}} {
				fault := connectors.FaultOf(got.err)
				switch {
				case fault == nil && got.class != "" || fault != nil && fault.Class != got.class:
					t.Errorf("%s gives %v, want %s", call, got.err, got.class)
				case fault == nil:
				case !asked(fault, c.pause) || !strings.Contains(fault.Detail, c.words) || strings.Contains(fault.Detail, "Ben"):
					t.Errorf("%s asks for %v and says %q", call, fault.RetryAfter, fault.Detail)
				case call == "create" && fault.Uncertain != c.uncertain || call == "find" && fault.Uncertain:
					t.Errorf("%s is uncertain: %v", call, fault.Uncertain)
				}
			}
		})
	}
}

func TestAFilterThatIsNotHeededFindsNobodyElse(t *testing.T) {
	list := func(names ...string) said {
		var items []string
		for i, name := range names {
			items = append(items, fmt.Sprintf(`{"id":%d,"username":%q,"active":false}`, i, name))
		}
		return said{200, nil, fmt.Sprintf(`{"jsonrpc":"2.0","id":ID,"result":{"total":%d,"items":[%s]}}`, len(names), strings.Join(items, ","))}
	}
	for name, c := range map[string]struct {
		said
		want connectors.Class
	}{
		"nobody":       {list(), connectors.NotFound},
		"somebody":     {list("x" + ben), connectors.NotFound},
		"among others": {list("eva@acme.test", "Ben@Acme.test"), ""},
		"twice":        {list(ben, "BEN@acme.test"), connectors.Ambiguous},
		"no total":     {said{200, nil, `{"jsonrpc":"2.0","id":ID,"result":{"items":[]}}`}, connectors.Nonsense},
	} {
		t.Run(name, func(t *testing.T) {
			v := vendor(t, c.said)
			have, err := v.Connector.Find(t.Context(), v.record("1", ben, nil))
			if c.want == "" && (err != nil || have.ID != "1") || c.want != "" && !connectors.Is(err, c.want) {
				t.Errorf("got %q, %v", have.ID, err)
			}
		})
	}
}

// Whatever is wrong with the answer to a create, the user may have been made: one is enough.
func TestAnAnswerThatIsNoneMakesNoSecondUser(t *testing.T) {
	for _, knobs := range []string{`{"answer_id": "drop"}`, `{"answer_id": "other"}`, `{"duplicate_answers": "lines"}`} {
		c := newCompany(t)
		want := c.record("1", ben, nil)
		c.Turn(knobs)
		if _, err := c.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Nonsense) || !connectors.FaultOf(err).Uncertain {
			t.Errorf("%s: %v", knobs, err)
		}
		c.Turn(`{}`)
		if have := c.Find(want); have.Fields["lastName"] != "Adar" {
			t.Errorf("%s: found %v", knobs, have)
		}
		if _, err := c.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Exists) || len(c.State().Accounts) != 1 {
			t.Errorf("%s: the second create gives %v", knobs, err)
		}
	}
}

func TestAnAnswerThatComesTwiceCountsOnce(t *testing.T) {
	c := newCompany(t)
	c.Turn(`{"duplicate_answers": "array"}`)
	made := c.create("1", ben)
	if have := c.Find(c.record("1", ben, nil)); have.ID != made.ID {
		t.Error(have)
	}
	if _, err := c.Connector.Find(t.Context(), c.record("2", "eva@acme.test", nil)); !connectors.Is(err, connectors.NotFound) {
		t.Error(err)
	}
}

func TestMaintenanceIsNobodysAnswer(t *testing.T) {
	c := newCompany(t)
	c.Turn(`{"maintenance": true}`)
	if _, err := c.Connector.Find(t.Context(), c.record("1", ben, nil)); !connectors.Is(err, connectors.Nonsense) {
		t.Error(err)
	}
}

func TestThrottlingIsObeyedInEitherForm(t *testing.T) {
	for knobs, want := range map[string]time.Duration{
		`{"rate_limit": 2}`: 20 * time.Second, `{"rate_limit": 2, "plain_http": true}`: 20 * time.Second,
		`{"rate_limit": 2, "retry_after": 0}`: 0, `{"rate_limit": 2, "plain_http": true, "retry_after": 0}`: 0,
	} {
		c := newCompany(t)
		c.Turn(knobs)
		ana := c.record("1", ben, nil)
		for range 2 {
			if _, err := c.Connector.Find(t.Context(), ana); !connectors.Is(err, connectors.NotFound) {
				t.Fatal(err)
			}
		}
		_, err := c.Connector.Create(t.Context(), ana)
		if fault := connectors.FaultOf(err); fault == nil || fault.Class != connectors.Throttled || fault.RetryAfter != want || fault.Uncertain {
			t.Errorf("%s: %v", knobs, err)
		}
		c.Clock.Advance(time.Minute)
		c.create("1", ben)
	}
}

func TestARevokedKeyIsToldAndWorksAgainOnceItIsGood(t *testing.T) {
	for _, knobs := range []string{`{"keys_revoked": true}`, `{"keys_revoked": true, "plain_http": true}`} {
		c := newCompany(t)
		want := c.record("1", ben, nil)
		c.Turn(knobs)
		if _, err := c.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.Auth) || !strings.Contains(err.Error(), "Integrations") {
			t.Errorf("%s: %v", knobs, err)
		}
		c.Turn(`{}`)
		if _, err := c.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
			t.Errorf("%s: and then %v", knobs, err)
		}
	}
}

func TestSearchThatLagsShowsThePast(t *testing.T) {
	c := newCompany(t)
	c.Turn(`{"search_lag": "10s"}`)
	want := c.record("1", ben, nil)
	c.create("1", ben)
	if _, err := c.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
		t.Error(err)
	}
	c.Clock.Advance(11 * time.Second)
	c.Find(want)
}
