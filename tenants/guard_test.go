package tenants_test

import (
	"strings"
	"testing"

	"scimrelay/configs"
	"scimrelay/tenants"
)

func guardOf(t *testing.T, text string) (tenants.Guard, string, string) {
	t.Helper()
	tenant, faults := tenants.Parse("t.yaml", []byte("id: t\ntargets:\n- id: a\n  product: p\n  "+text+"\n"))
	if len(tenant.Targets) == 0 {
		t.Fatal(faults)
	}
	join := func(fs configs.Faults) string {
		if err := fs.Err(); err != nil {
			return err.Error()
		}
		return ""
	}
	return tenant.Targets[0].Guard, join(faults), join(tenant.Warnings)
}

func TestATenantSetsTheGuardsLimits(t *testing.T) {
	t.Parallel()
	g, faults, warned := guardOf(t, "guard: {max_deletes: 3%, max_removals: 100%}")
	if faults != "" || warned != "" || g.Off || *g.MaxDeletes != 3 || *g.MaxRemovals != 100 {
		t.Errorf("%+v, %s, %s", g, faults, warned)
	}
	if g, faults, warned = guardOf(t, "guard: {}"); faults != "" || warned != "" || g != (tenants.Guard{}) {
		t.Errorf("%+v, %s, %s", g, faults, warned)
	}
}

func TestTheGuardIsSwitchedOffByAWordAndSaysSo(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"guard: off", `guard: "off"`} {
		if g, faults, warned := guardOf(t, text); faults != "" || !g.Off || !strings.Contains(warned, "t.yaml:5:10: targets[0].guard: off") {
			t.Errorf("%s: %+v, %s, %s", text, g, faults, warned)
		}
	}
}

func TestALimitThatIsNoneIsRefusedWithWhatToWrite(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"guard: {max_deletes: 0%}":    `t.yaml:5:24: targets[0].guard.max_deletes: want a share from "3%" to "100%"; to let everything through write guard: off`,
		"guard: {max_deletes: 2.9%}":  `5:24: targets[0].guard.max_deletes: want a share from "3%"`,
		"guard: {max_deletes: 101%}":  `5:24: targets[0].guard.max_deletes: want a percentage`,
		"guard: {max_removals: 0%}":   `5:25: targets[0].guard.max_removals: want a share from "3%"`,
		"guard: {max_removals: many}": `5:25: targets[0].guard.max_removals: want a percentage`,
		"guard: {most: 3%}":           `5:11: unknown key "most"`,
		"guard: no":                   `5:10: targets[0].guard: want {max_deletes: 10%, max_removals: 25%}, or off`,
		"guard: 10%":                  `5:10: targets[0].guard: want {max_deletes: 10%, max_removals: 25%}, or off`,
		"guard: [off]":                `5:10: targets[0].guard: want {max_deletes: 10%, max_removals: 25%}, or off`,
		"guard: true":                 `5:10: targets[0].guard: want {max_deletes: 10%, max_removals: 25%}, or off`,
	} {
		if _, faults, _ := guardOf(t, text); !strings.Contains(faults, want) {
			t.Errorf("%s: got %q, want %q", text, faults, want)
		}
	}
}
