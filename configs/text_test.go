package configs_test

import (
	"strings"
	"testing"

	"scimrelay/configs"
)

const texts = `plain: user.title
single: 'user.title'
double: "user.title"
comment: >- # why
    one.user
    ?? two.user

    ?? three
literal: |
  upper(
    four)
deep:
  folded: >
      été(
      five)
nothing:
reference: ${env:SECRET}
other: 'Replace(a, "${name}")'
`

func TestATextKnowsWhereItsCharactersStand(t *testing.T) {
	t.Parallel()
	root, faults := configs.Parse("f", []byte(texts))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, word, want string }{
		{"plain", "title", "f:1:13"}, {"single", "title", "f:2:15"}, {"double", "title", "f:3:15"},
		{"comment", "one", "f:5:5"}, {"comment", "two", "f:6:8"}, {"comment", "three", "f:8:8"},
		{"literal", "upper", "f:10:3"}, {"literal", "four", "f:11:5"}, {"deep.folded", "(", "f:14:10"}, {"deep.folded", "five", "f:15:7"},
		{"other", "${name}", "f:18:21"}, {"nothing", "", "f:16:9"},
	} {
		var text configs.Text
		if faults := root.Lookup(c.path).Decode(&text); len(faults) > 0 {
			t.Fatal(faults)
		}
		before, _, found := strings.Cut(text.Value, c.word)
		if at := text.At(len([]rune(before))); !found || at.String() != c.want {
			t.Errorf("%s, %q: %v, want %s", c.path, c.word, at, c.want)
		}
	}
	var text configs.Text
	if faults := root.Lookup("reference").Decode(&text); len(faults) != 1 || text.Value != "" {
		t.Errorf("a reference to a secret: %q, %v", text.Value, faults)
	}
	if at := (configs.Text{Value: "x"}).At(1); at != (configs.Position{}) {
		t.Errorf("a text of no file: %v", at)
	}
}
