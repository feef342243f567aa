package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"scimrelay/scim"
)

// A dialogue is a case of the reference: what a client sends, and what it must be answered,
// in order, to a tenant that is empty at the start. In testdata they read
//
//	!! client: {profile: strict}       a line of the tenant's file
//	POST /Users                        before the first case: how every case of the file begins
//	{"schemas":["USER"],…}
//	> 201
//	== E-12 match by userName          one case
//	-- 1                               a part of it, which goes on where the last one ended
//	PATCH /Users/$U1                   a request, with headers and a body below it
//	{"schemas":["PATCHOP"], …}
//	> 200                              its answer's status, headers and body
//	> ETag: !$V
//	> {"active":false}
//
// A target that begins with ../ leaves the base URL. The short names of the reference stand
// for whole URNs, and @repeat(3, "a%d", ",") for a0,a1,a2. How an answer is compared is
// match's to say. Lines that begin with # are for the reader.
type dialogue struct {
	file, name string
	profile    string // the named profile it is played under, none for the default
	settings   string
	parts      []part
}

type part struct {
	name  string
	steps []step
}

type step struct {
	line   int
	call   call
	status int
	header http.Header
	body   string
}

var (
	repetition = regexp.MustCompile(`@repeat\((\d+), ("(?:[^"\\]|\\.)*")(?:, ("(?:[^"\\]|\\.)*"))?\)`)
	shortNames = strings.NewReplacer(`"USER"`, `"`+scim.SchemaUser+`"`, `"GROUP"`, `"`+scim.SchemaGroup+`"`,
		`"ENT"`, `"`+scim.SchemaEnterprise+`"`, `"ENT:`, `"`+scim.SchemaEnterprise+`:`,
		`"PATCHOP"`, `"`+scim.MessagePatch+`"`, `"LIST"`, `"`+scim.MessageList+`"`, `"ERROR"`, `"`+scim.MessageError+`"`,
		`"SEARCH"`, `"`+messages+`SearchRequest"`, `"BULKREQ"`, `"`+messages+`BulkRequest"`, `"BULKRESP"`, `"`+messages+`BulkResponse"`)
)

const messages = "urn:ietf:params:scim:api:messages:2.0:"

// profiles are the named ones that the dialogues of a folder have to pass under, besides the
// default.
var profiles = map[string]string{"entra": "entra", "microsoft": "entra", "okta": "okta", "jumpcloud": "jumpcloud", "onelogin": "onelogin", "ping": "ping"}

func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var dialogues []dialogue
	for _, file := range files {
		for _, d := range read(t, file) {
			dialogues = append(dialogues, d)
			if d.profile = profiles[filepath.Base(filepath.Dir(file))]; d.profile != "" {
				d.settings += "client: {profile: " + d.profile + "}\n"
				dialogues = append(dialogues, d)
			}
		}
	}
	onEachStore(t, func(t *testing.T, w *world) {
		for _, d := range dialogues {
			t.Run(strings.TrimSuffix(d.name+" as "+d.profile, " as "), func(t *testing.T) {
				t.Parallel()
				provesIn(t, strings.TrimPrefix(filepath.ToSlash(d.file), "testdata/"), d.name)
				d.play(t, w.tenantOf(t, d.settings, "sage"))
			})
		}
	})
}

// play sends the dialogue's requests and compares the answers.
func (d dialogue) play(t *testing.T, c *client) {
	bound := map[string]string{"$T": c.secret}
	for _, p := range d.parts {
		if p.name == "" {
			p.play(t, c, d.file, bound)
			continue
		}
		t.Run(p.name, func(t *testing.T) { p.play(t, c, d.file, bound) })
	}
}

func (p part) play(t *testing.T, c *client, file string, bound map[string]string) {
	for _, s := range p.steps {
		sent := call{method: s.call.method, target: fill(s.call.target, bound), body: fill(s.call.body, quoted(bound)), header: http.Header{}}
		for name, values := range s.call.header {
			for _, value := range values {
				sent.header[name] = append(sent.header[name], fill(value, bound))
			}
		}
		got, err := c.send(t, sent)
		if err == nil {
			err = s.compare(got, bound)
		}
		if err != nil {
			t.Fatalf("%s:%d: %s %.300s: %v\nanswer %d: %.3000s", file, s.line, sent.method, sent.target, err, got.status, got.body)
		}
	}
}

// quoted is the variables as a JSON string holds them: an entity tag has quotes of its own.
func quoted(bound map[string]string) map[string]string {
	inside := make(map[string]string, len(bound))
	for name, value := range bound {
		text, _ := json.Marshal(value) // a string always encodes
		inside[name] = string(text[1 : len(text)-1])
	}
	return inside
}

// fill puts the values of variables into what is sent.
func fill(text string, bound map[string]string) string {
	return variable.ReplaceAllStringFunc(expand(text), func(name string) string {
		if value, ok := bound[name]; ok {
			return value
		}
		return name
	})
}

// expand writes out what the files abbreviate.
func expand(text string) string {
	text = shortNames.Replace(text)
	return repetition.ReplaceAllStringFunc(text, func(macro string) string {
		m := repetition.FindStringSubmatch(macro)
		n, _ := strconv.Atoi(m[1])
		unit, _ := strconv.Unquote(m[2])
		separator, _ := strconv.Unquote(m[3])
		units := make([]string, n)
		for i := range units {
			units[i] = strings.ReplaceAll(unit, "%d", strconv.Itoa(i))
		}
		return strings.Join(units, separator)
	})
}

func (s step) compare(got answer, bound map[string]string) error {
	if got.status != s.status {
		return fmt.Errorf("status %d, want %d", got.status, s.status)
	}
	for name, values := range s.header {
		have := got.header.Get(name)
		if have == "" && values[0] != "" {
			return fmt.Errorf("no %s, want %s", name, values[0])
		}
		if err := match(name, values[0], have, bound); err != nil {
			return err
		}
	}
	if s.body == "" {
		return nil
	}
	var want, have any
	if err := json.Unmarshal([]byte(expand(s.body)), &want); err != nil {
		return fmt.Errorf("the expected body: %w", err)
	}
	if err := json.Unmarshal([]byte(got.body), &have); err != nil {
		return err
	}
	return match("body", want, have, bound)
}
