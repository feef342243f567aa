package server_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

// A dialogue is worth as much as what its patterns notice.
func TestPatternsNoticeWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want, have string
		matches    bool
	}{
		{`{"a":1}`, `{"a":1,"b":2}`, true},
		{`{"a":1}`, `{"a":2}`, false},
		{`{"a":"-"}`, `{"b":1}`, true},
		{`{"a":"-"}`, `{"a":null}`, false},
		{`{"a":"*"}`, `{"a":false}`, true},
		{`{"a":"*"}`, `{"b":false}`, false},
		{`{"a":1,"*":"-"}`, `{"a":1}`, true},
		{`{"a":1,"*":"-"}`, `{"a":1,"b":2}`, false},
		{`[1,2]`, `[1,2]`, true},
		{`[1,2]`, `[2,1]`, false},
		{`[1]`, `[1,2]`, false},
		{`[]`, `null`, false},
		{`["in any order",1,2]`, `[2,1]`, true},
		{`["in any order",1,1]`, `[1,2]`, false},
		{`["in any order",1]`, `[1,2]`, false},
		{`["among others",2]`, `[1,2]`, true},
		{`["among others",2,2]`, `[1,2]`, false},
		{`["in any order",{"id":"$U2","a":1},{"id":"$U1"}]`, `[{"id":"one"},{"id":"two","a":1}]`, true},
		{`["in any order",{"id":"$U2"},{"id":"$U2"}]`, `[{"id":"one"},{"id":"two"}]`, false},
		{`"$U1"`, `"one"`, true},
		{`"$U1"`, `"two"`, false},
		{`"$U2"`, `""`, false},
		{`["$U2","$U2"]`, `["two","two"]`, true},
		{`["$U2","$U2"]`, `["two","three"]`, false},
		{`"!$U1"`, `"two"`, true},
		{`"!$U1"`, `"one"`, false},
		{`"!$U1"`, `5`, false},
		{`"*$U1*"`, `"no one there"`, true},
		{`"*$U1*"`, `"nobody"`, false},
		{`"W/*"`, `"W/1"`, true},
		{`"W/*"`, `"1"`, false},
		{`"*ing"`, `"king"`, true},
		{`"*ing"`, `"kings"`, false},
		{`"1"`, `1`, false},
	} {
		var want, have any
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(c.have), &have); err != nil {
			t.Fatal(err)
		}
		if err := match("body", want, have, map[string]string{"$U1": "one"}); (err == nil) != c.matches {
			t.Errorf("%s of %s: %v", c.want, c.have, err)
		}
	}
}

func TestADialogueNoticesAnotherStatusOrHeader(t *testing.T) {
	t.Parallel()
	got := answer{status: http.StatusOK, header: http.Header{"Etag": {"one"}}, body: `{"a":1}`}
	for name, s := range map[string]step{
		"another status":        {status: http.StatusCreated},
		"another header":        {status: http.StatusOK, header: http.Header{"ETag": {"two"}}},
		"a header that is none": {status: http.StatusOK, header: http.Header{"Location": {"*"}}},
		"one that should be":    {status: http.StatusOK, header: http.Header{"ETag": {""}}},
		"another body":          {status: http.StatusOK, body: `{"a":2}`},
	} {
		if err := s.compare(got, map[string]string{}); err == nil {
			t.Errorf("%s is not noticed", name)
		}
	}
	right := step{status: http.StatusOK, header: http.Header{"ETag": {"$V"}, "Location": {""}}, body: `{"a":1}`}
	if err := right.compare(got, map[string]string{}); err != nil {
		t.Error(err)
	}
}

func TestRepetitionsAreWrittenOut(t *testing.T) {
	t.Parallel()
	for macro, want := range map[string]string{
		`@repeat(3, "(")x@repeat(3, ")")`:          "(((x)))",
		`[@repeat(2, "{\"value\":\"u%d\"}", ",")]`: `[{"value":"u0"},{"value":"u1"}]`,
		`@repeat(0, "x")`:                          "",
	} {
		if got := expand(macro); got != want {
			t.Errorf("%s is %s, want %s", macro, got, want)
		}
	}
}
