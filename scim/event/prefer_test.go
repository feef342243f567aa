package event_test

import (
	"fmt"
	"strings"
	"testing"

	"scimrelay/scim/event"
)

func ExampleRespondAsync() {
	fmt.Println(event.RespondAsync([]string{"return=minimal", "Respond-Async, wait=10"}))
	// Output: true
}

func TestRespondAsync(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		headers []string
		want    bool
	}{
		"no header":                      {nil, false},
		"an empty header":                {[]string{""}, false},
		"alone":                          {[]string{"respond-async"}, true},
		"in capitals":                    {[]string{"RESPOND-ASYNC"}, true},
		"with blanks around it":          {[]string{" \trespond-async\t "}, true},
		"behind others":                  {[]string{"return=minimal, handling=lenient,respond-async"}, true},
		"in the second header":           {[]string{"return=minimal", "respond-async"}, true},
		"with a time to wait":            {[]string{"respond-async, wait=10"}, true},
		"with a time to wait before it":  {[]string{"wait=10, respond-async"}, true},
		"with parameters":                {[]string{`respond-async; a; b=c ;d="e,f"`}, true},
		"with an empty value":            {[]string{`respond-async=""`}, true},
		"with blanks at the sign":        {[]string{`respond-async = ""`}, true},
		"between empty elements":         {[]string{",, ,respond-async,"}, true},
		"behind a quoted comma":          {[]string{`foo="a, b;\" c", respond-async`}, true},
		"with a value of its own":        {[]string{"respond-async=no"}, false},
		"twice, the first with a value":  {[]string{"respond-async=no, respond-async"}, false},
		"twice, the first without":       {[]string{"respond-async", "respond-async=no"}, true},
		"as another's value":             {[]string{"foo=respond-async"}, false},
		"as another's parameter":         {[]string{"foo; respond-async"}, false},
		"within quotes":                  {[]string{`foo="a, respond-async"`}, false},
		"within quotes that never close": {[]string{`foo="a, respond-async`}, false},
		"behind an escaped end":          {[]string{`foo="\`, "respond-async"}, true},
		"a longer word":                  {[]string{"respond-asynchronously"}, false},
		"a shorter word":                 {[]string{"async"}, false},
		"two words":                      {[]string{"respond-async please"}, false},
		"only a time to wait":            {[]string{"wait=10"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := event.RespondAsync(c.headers); got != c.want {
				t.Errorf("%q: %v", c.headers, got)
			}
		})
	}
}

func FuzzRespondAsync(f *testing.F) {
	for _, header := range []string{"respond-async", `a="b\`, `;=,"`, strings.Repeat(`",`, 9)} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		event.RespondAsync([]string{header})
		if !strings.ContainsAny(header, `"\`) && !event.RespondAsync([]string{"return=minimal", "respond-async," + header}) {
			t.Errorf("what follows the preference changes it: %q", header)
		}
	})
}
