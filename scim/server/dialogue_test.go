package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
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
//	== E-12 match by userName          one case
//	-- 1                               a part of it, which goes on where the last one ended
//	PATCH /Users/$U1                   a request, with headers and a body below it
//	{"schemas":["PATCHOP"], …}
//	> 200                              its answer's status, headers and body
//	> {"active":false}
//
// The short names of the reference stand for whole URNs. An expected body names only the
// members that matter; "*" is anything, "-" is absence, and "$U1" is kept the first time and
// the same ever after. Lines that begin with # are for the reader.
type dialogue struct {
	name  string
	parts []part
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
	requestLine = regexp.MustCompile(`^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) `)
	headerLine  = regexp.MustCompile(`^([A-Z][A-Za-z-]+):(?: (.*))?$`)
	variable    = regexp.MustCompile(`\$[A-Z][0-9]?\b`)
	shortNames  = strings.NewReplacer(`"USER"`, `"`+scim.SchemaUser+`"`, `"ENT"`, `"`+scim.SchemaEnterprise+`"`,
		`"GROUP"`, `"`+scim.SchemaGroup+`"`, `"PATCHOP"`, `"`+scim.MessagePatch+`"`,
		`"LIST"`, `"`+scim.MessageList+`"`, `"ERROR"`, `"`+scim.MessageError+`"`)
)

func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var dialogues []dialogue
	for _, file := range files {
		dialogues = append(dialogues, read(t, file)...)
	}
	onEachStore(t, func(t *testing.T, w *world) {
		for _, d := range dialogues {
			t.Run(d.name, func(t *testing.T) {
				t.Parallel()
				d.play(t, w.tenant(t, "sage"))
			})
		}
	})
}

// read parses a file of dialogues.
func read(t *testing.T, file string) (all []dialogue) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		title, isCase := strings.CutPrefix(line, "== ")
		name, isPart := strings.CutPrefix(line, "-- ")
		switch {
		case strings.HasPrefix(line, "#") || line == "":
		case isCase:
			all = append(all, dialogue{strings.Fields(title)[0], []part{{}}})
		case len(all) == 0:
			t.Fatalf("%s:%d: no case yet", file, i+1)
		case isPart:
			d := &all[len(all)-1]
			d.parts = append(d.parts, part{name: strings.Fields(name)[0]})
		default:
			d := &all[len(all)-1]
			if err := d.parts[len(d.parts)-1].read(line, i+1); err != nil {
				t.Fatalf("%s:%d: %v", file, i+1, err)
			}
		}
	}
	return all
}

func (p *part) read(line string, number int) error {
	if requestLine.MatchString(line) {
		method, target, _ := strings.Cut(line, " ")
		p.steps = append(p.steps, step{line: number, call: call{method: method, target: target}})
		return nil
	}
	if len(p.steps) == 0 {
		return fmt.Errorf("no request yet")
	}
	return p.steps[len(p.steps)-1].read(line)
}

func (s *step) read(line string) (err error) {
	expected, isAnswer := strings.CutPrefix(line, "> ")
	body, header := &s.call.body, &s.call.header
	if isAnswer {
		line, body, header = expected, &s.body, &s.header
	}
	switch name := headerLine.FindStringSubmatch(line); {
	case isAnswer && s.status == 0:
		s.status, err = strconv.Atoi(line)
	case name != nil && *body == "":
		if *header == nil {
			*header = http.Header{}
		}
		(*header)[name[1]] = append((*header)[name[1]], name[2])
	default:
		*body += line + "\n"
	}
	return err
}

// play sends the dialogue's requests and compares the answers.
func (d dialogue) play(t *testing.T, c *client) {
	bound := map[string]string{"$T": c.secret}
	for _, p := range d.parts {
		if p.name == "" {
			p.play(t, c, bound)
			continue
		}
		t.Run(p.name, func(t *testing.T) { p.play(t, c, bound) })
	}
}

func (p part) play(t *testing.T, c *client, bound map[string]string) {
	fill := func(text string) string {
		return variable.ReplaceAllStringFunc(text, func(name string) string {
			if value, ok := bound[name]; ok {
				return value
			}
			return name
		})
	}
	for _, s := range p.steps {
		sent := call{method: s.call.method, target: fill(s.call.target), body: fill(shortNames.Replace(s.call.body)), header: http.Header{}}
		for name, values := range s.call.header {
			for _, value := range values {
				sent.header[name] = append(sent.header[name], fill(value))
			}
		}
		got, err := c.send(t, sent)
		if err == nil {
			err = s.compare(got, bound)
		}
		if err != nil {
			t.Fatalf("line %d: %s %s: %v\nanswer %d: %s", s.line, sent.method, sent.target, err, got.status, got.body)
		}
	}
}

func (s step) compare(got answer, bound map[string]string) error {
	if got.status != s.status {
		return fmt.Errorf("status %d, want %d", got.status, s.status)
	}
	for name, values := range s.header {
		if err := match(name, values[0], got.header.Get(name), bound); err != nil {
			return err
		}
	}
	if s.body == "" {
		return nil
	}
	var want, have any
	if err := json.Unmarshal([]byte(shortNames.Replace(s.body)), &want); err != nil {
		return fmt.Errorf("the expected body: %w", err)
	}
	if err := json.Unmarshal([]byte(got.body), &have); err != nil {
		return err
	}
	return match("body", want, have, bound)
}
