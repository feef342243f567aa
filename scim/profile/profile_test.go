package profile_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"scimrelay/scim/profile"
)

func TestNamed(t *testing.T) {
	t.Parallel()
	for _, name := range profile.Names() {
		if _, ok := profile.Named(name); !ok {
			t.Errorf("%s is listed and not there", name)
		}
	}
	unnamed, ok := profile.Named("")
	usual, _ := profile.Named("default")
	if !ok || unnamed != usual || usual != profile.Default() {
		t.Error("a tenant without a profile does not have the default one")
	}
	if _, ok := profile.Named("Entra"); ok {
		t.Error("a name in another case was found")
	}
}

// Every field of a Profile is a switch, once, and every position of one can be set and read.
func TestEveryFieldIsASwitch(t *testing.T) {
	t.Parallel()
	all := profile.Switches()
	if fields := reflect.TypeFor[profile.Profile]().NumField(); fields != len(all) {
		t.Fatalf("%d fields, %d switches", fields, len(all))
	}
	seen := map[string]bool{}
	for i, s := range all {
		if seen[s.Name] || s.Name != strings.ToLower(s.Name) || s.Meaning == "" || s.Cases == "" || len(s.Values) < 2 {
			t.Errorf("%+v", s)
		}
		seen[s.Name] = true
		for _, value := range s.Values {
			p := profile.Default()
			if err := p.Set(s.Name, value); err != nil || s.Position(p) != value {
				t.Errorf("%s=%s: %v, %q", s.Name, value, err, s.Position(p))
			}
			changed := reflect.ValueOf(p)
			usual := reflect.ValueOf(profile.Default())
			for f := range changed.NumField() {
				if f != i && !changed.Field(f).Equal(usual.Field(f)) {
					t.Errorf("%s changes %s", s.Name, changed.Type().Field(f).Name)
				}
			}
		}
		for _, name := range profile.Names() {
			p, _ := profile.Named(name)
			if !slices.Contains(s.Values, s.Position(p)) {
				t.Errorf("%s: %s is %q", name, s.Name, s.Position(p))
			}
		}
	}
}

func TestSetRefuses(t *testing.T) {
	t.Parallel()
	p := profile.Default()
	for _, c := range []struct{ name, value, want string }{
		{"nosuch", "true", `nosuch: no such switch; there are unknown_attributes, `},
		{"put", "yes", "put: want one of true, false"},
		{"restore", "always", "restore: want one of off, same_external_id, inactive"},
	} {
		if err := p.Set(c.name, c.value); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: %v", c.name, c.value, err)
		}
	}
	if p != profile.Default() {
		t.Error("a refused value was set")
	}
}

// The default profile refuses nothing, so it is the zero value of every Rules.
func TestTheDefaultIsTheZeroValueOfEveryRules(t *testing.T) {
	t.Parallel()
	p := profile.Default()
	if !reflect.ValueOf(p.Schema()).IsZero() || !reflect.ValueOf(p.Filter()).IsZero() || !reflect.ValueOf(p.Patch()).IsZero() {
		t.Errorf("%+v\n%+v\n%+v", p.Schema(), p.Filter(), p.Patch())
	}
}
