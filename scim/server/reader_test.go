package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	requestLine = regexp.MustCompile(`^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) `)
	headerLine  = regexp.MustCompile(`^([A-Z][A-Za-z-]+):(?: (.*))?$`)
)

// reader is what has been read of a file of dialogues.
type reader struct {
	start dialogue // the beginning of every case
	cases []dialogue
}

func read(t *testing.T, file string) []dialogue {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := reader{start: dialogue{file: file, parts: []part{{}}}}
	for i, line := range strings.Split(string(text), "\n") {
		if err := r.read(line, i+1); err != nil {
			t.Fatalf("%s:%d: %v", file, i+1, err)
		}
	}
	for _, d := range r.cases {
		for _, p := range d.parts {
			for _, s := range p.steps {
				if err := s.whole(); err != nil {
					t.Fatalf("%s:%d: %v", file, s.line, err)
				}
			}
		}
	}
	return r.cases
}

// current is the case the file is about, its beginning before the first.
func (r *reader) current() *dialogue {
	if len(r.cases) == 0 {
		return &r.start
	}
	return &r.cases[len(r.cases)-1]
}

func (r *reader) read(line string, number int) error {
	title, isCase := strings.CutPrefix(line, "== ")
	name, isPart := strings.CutPrefix(line, "-- ")
	setting, isSetting := strings.CutPrefix(line, "!! ")
	d := r.current()
	switch {
	case strings.HasPrefix(line, "#") || line == "":
	case isCase:
		begun := r.start
		begun.name, begun.parts = strings.Fields(title)[0], append(slices.Clone(r.start.parts), part{})
		r.cases = append(r.cases, begun)
	case isSetting:
		d.settings += setting + "\n"
	case isPart && len(r.cases) == 0:
		return fmt.Errorf("no case yet")
	case isPart:
		d.parts = append(d.parts, part{name: strings.Fields(name)[0]})
	default:
		return d.parts[len(d.parts)-1].read(line, number)
	}
	return nil
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

// whole reports what is missing or misspelt in a step, before anything is sent.
func (s *step) whole() error {
	var pattern any
	if s.body != "" {
		if err := json.Unmarshal([]byte(expand(s.body)), &pattern); err != nil {
			return fmt.Errorf("the expected body: %w", err)
		}
	}
	if s.status == 0 {
		return fmt.Errorf("no status is expected")
	}
	return nil
}
