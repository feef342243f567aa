package tenants_test

import (
	"strings"
	"testing"

	"scimrelay/tenants"
)

func TestARuleIsAnExpressionOrAnObject(t *testing.T) {
	t.Parallel()
	tenant, faults := tenants.Parse("t.yaml", []byte(`
id: t
targets:
- id: a
  product: p
  mapping:
    plain: user.title
    gone: ""
    empty:
    whole: {expression: 'user.title', apply: on_create, default: 7}
    block:
      expression: >-
        user.title
        ?? user.nickName
      apply: always
`))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	rules := tenant.Targets[0].Mapping
	var level int
	whole := rules["whole"]
	if faults := whole.Default.Decode(&level); len(faults) > 0 || level != 7 || whole.Apply != tenants.ApplyOnCreate {
		t.Errorf("whole: %+v, %v", whole, faults)
	}
	for name, want := range map[string]string{"plain": "t.yaml:7:12 user.title", "gone": "t.yaml:8:12 ", "empty": "t.yaml:9:11 ",
		"whole": "t.yaml:10:26 user.title", "block": "t.yaml:13:9 user.title ?? user.nickName"} {
		if text := rules[name].Expression; text.Position.String()+" "+text.Value != want {
			t.Errorf("%s: %s %q, want %s", name, text.Position, text.Value, want)
		}
	}
	if block := rules["block"]; block.Apply != tenants.ApplyAlways || block.Default.Present() || block.Expression.At(14).String() != "t.yaml:14:12" {
		t.Errorf("block: %+v, %v", block, block.Expression.At(14))
	}
}

func TestAFaultyRuleIsPlaced(t *testing.T) {
	t.Parallel()
	_, faults := tenants.Parse("t.yaml", []byte(`
id: t
targets:
- id: a
  product: p
  mapping:
    a: {apply: always}
    b: {expression: user.title, apply: sometimes}
    c: {expression: 3, when: never}
    d: [user.title]
    e: '${env:SECRET}'
`))
	for _, want := range []string{`7:8: targets[0].mapping.a: expression is required`, `8:40: targets[0].mapping.b.apply: want always or on_create`,
		`9:21: targets[0].mapping.c.expression: want text, found a number: put it in quotes`, `9:24: unknown key "when"`,
		`10:8: targets[0].mapping.d: want text, found a list`, `11:8: targets[0].mapping.e: a ${…} reference stands only where a secret does`} {
		if !strings.Contains(faults.Sorted().Error(), "t.yaml:"+want) {
			t.Errorf("no %q in\n%v", want, faults.Sorted())
		}
	}
	if len(faults) != 6 {
		t.Errorf("%d faults:\n%v", len(faults), faults)
	}
}
