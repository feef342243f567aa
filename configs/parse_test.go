package configs_test

import (
	"strings"
	"testing"

	"scimrelay/configs"
)

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"a tab":               {"\ta: 1\n", "f:1:2: tab character"},
		"an open list":        {"a: [1, 2\nb: 3\n", "f:2:1: ',' or ']' must be specified"},
		"an open quote":       {"a: 'x\n", "f:1:4: could not find end"},
		"an alias":            {"a: &x 1\nb: *x\n", "f:1:4: anchors, aliases"},
		"a merge key":         {"a: 1\n<<: {b: 2}\n", "f:2:1: anchors, aliases"},
		"a tag":               {"a: !!str 1\n", "f:1:4: tags, directives and explicit keys are not read here; text that starts with !, ? or % needs quotes"},
		"a directive":         {"%YAML 1.2\n---\na: 1\n", "f:1:1: tags, directives"},
		"a second document":   {"a: 1\n---\nb: 2\n", "f:2:1: a second document"},
		"a double key":        {"a:\n  b: 1\n  b: 2\n", `f:3:3: the key "b" stands already on line 2`},
		"a zero byte":         {"a: 1\nb: \x00\n", "f:2:4: the line holds a zero byte"},
		"bad UTF-8":           {"a: 1\nb: \xff\n", "f:2:1: the line is not valid UTF-8"},
		"a large file":        {strings.Repeat("#", 1<<20+1), "f: the file is larger than 1048576 bytes"},
		"a deep list":         {strings.Repeat("[", 100_000), "f:1:33: the file nests deeper"},
		"deep dashes":         {strings.Repeat("- ", 100_000), "f:1:65: the file nests deeper"},
		"deep keys":           {deepKeys(40), "f:33:33: the file nests deeper"},
		"too many keys":       {strings.Repeat("aaaaaaa: a\n", 20_000), "f:10001:8: the file nests deeper than 32 or holds more than 10000 keys"},
		"too many words":      {strings.Repeat("- a\n", 250_000), "f: the file holds more than 200000 words"},
		"a pile of anchors":   {strings.Repeat("&a ", 10), "f:1:1: anchors"},
		"a key without value": {"a: 1\nb\n", "f:2:1: non-map value is specified"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, faults := configs.Parse("f", []byte(c.text))
			if got := faults.Error(); !strings.HasPrefix(got, c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestParseTakesAnEmptyFileForAbsent(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n\n", "# nothing\n", "---\n", "~\n", "\ufeff"} {
		node, faults := configs.Parse("f", []byte(text))
		if len(faults) > 0 || node.Present() {
			t.Errorf("%q: present %v, %v", text, node.Present(), faults)
		}
	}
}

func TestParseReadsWindowsLinesAndAByteOrderMark(t *testing.T) {
	t.Parallel()
	node, faults := configs.Parse("f", []byte("\ufeffa: b\r\nc: d\r\n"))
	var got map[string]string
	faults = append(faults, node.Decode(&got)...)
	if len(faults) > 0 || got["a"] != "b" || got["c"] != "d" {
		t.Fatalf("got %v, %v", got, faults)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a: 1\nb: [x, {y: z}]\n", "a: |\n  x\n", "- {a: 'b'}\n- \"c\"\n", "? a\n: b\n", "a: &x !!y *z\n", "a: >-\n x\n\n y\n#\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		node, _ := configs.Parse("f", []byte(text))
		var anything any
		node.Decode(&anything)
		node.Decode(&plant{})
		node.Fingerprint()
	})
}

func deepKeys(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}
