package sage_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/connectors"
)

func TestANicknameThatIsTakenGetsTheSameSuffixAlways(t *testing.T) {
	o := newOffice(t)
	o.create("1", "ana@acme.test")
	want := o.record("2", "ana@other.test", nil)
	if _, err := o.sage.Create(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	nic, _ := o.native("ana@other.test")["nic"].(string)
	if !strings.HasPrefix(nic, "ana-") || len(nic) != len("ana-1234") {
		t.Fatalf("the nickname is %q", nic)
	}
	before := o.count()
	if _, err := o.sage.Update(t.Context(), o.find(want), want); err != nil {
		t.Fatal(err)
	}
	if calls := strings.Join(o.calls(before), " "); strings.Contains(calls, "PUT") {
		t.Errorf("an update was sent for the nickname: %s", calls)
	}
	third := o.create("3", "eva@acme.test")
	renamed := o.record("3", "eva@acme.test", map[string]any{"nickName": "ana"})
	renamed.VendorID = third.ID
	for range 2 {
		if _, err := o.sage.Update(t.Context(), o.find(renamed), renamed); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := o.native("eva@acme.test")["nic"].(string); !strings.HasPrefix(got, "ana-") || got == nic {
		t.Errorf("the nickname is %q", got)
	}
}

func TestManagersComeAndGo(t *testing.T) {
	o := newOffice(t)
	boss := o.create("boss", "boss@acme.test")
	o.create("1", "ana@acme.test")
	want := o.record("1", "ana@acme.test", nil)
	for _, manager := range []any{boss.ID, nil} {
		want.Fields["managerId"] = manager // as the relay resolves it
		before := o.count()
		for range 2 {
			if _, err := o.sage.Update(t.Context(), o.find(want), want); err != nil {
				t.Fatal(err)
			}
		}
		if puts := strings.Count(strings.Join(o.calls(before), " "), "PUT"); puts != 1 {
			t.Errorf("manager %v: %d updates", manager, puts)
		}
	}
	record, err := o.mapping.Record("1", person("a@b.test", map[string]any{
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": map[string]any{"manager": map[string]any{"value": "boss"}}}))
	if err != nil || record.References["managerId"] != "boss" {
		t.Errorf("the manager is no reference: %v, %v", record.References, err)
	}
}

func TestAddressIsReportedAsNotForwarded(t *testing.T) {
	o := newOffice(t)
	doc := person("ana@acme.test", map[string]any{"addresses": []any{map[string]any{"type": "work", "locality": "Bilbao"}}})
	if diff := cmp.Diff([]string{"addresses"}, o.mapping.NotForwarded(doc)); diff != "" {
		t.Error(diff)
	}
}

func TestSeats(t *testing.T) {
	o := newOffice(t)
	o.turn(`{"licences": 1}`)
	first := o.create("1", "ana@acme.test")
	want := o.record("2", "eva@acme.test", nil)
	if _, err := o.sage.Create(t.Context(), want); !connectors.Is(err, connectors.Seats) {
		t.Fatal(err)
	}
	if _, err := o.sage.Deactivate(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if _, err := o.sage.Create(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if _, err := o.sage.Reactivate(t.Context(), first, o.record("1", "ana@acme.test", nil)); !connectors.Is(err, connectors.Seats) {
		t.Fatal(err)
	}
}
