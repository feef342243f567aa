package sage_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestANicknameThatIsTakenGetsTheSameSuffixAlways(t *testing.T) {
	o := newOffice(t)
	o.create("1", "ana@acme.test")
	want := o.record("2", "ana@other.test", nil)
	if _, err := o.Connector.Create(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	nic, _ := o.Native("ana@other.test")["nic"].(string)
	if !strings.HasPrefix(nic, "ana-") || len(nic) != len("ana-1234") {
		t.Fatalf("the nickname is %q", nic)
	}
	before := o.Count()
	if _, err := o.Connector.Update(t.Context(), o.Find(want), want); err != nil {
		t.Fatal(err)
	}
	if calls := strings.Join(o.Calls(before), " "); strings.Contains(calls, "PUT") {
		t.Errorf("an update was sent for the nickname: %s", calls)
	}
	third := o.create("3", "eva@acme.test")
	renamed := o.record("3", "eva@acme.test", map[string]any{"nickName": "ana"})
	renamed.VendorID = third.ID
	for range 2 {
		if _, err := o.Connector.Update(t.Context(), o.Find(renamed), renamed); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := o.Native("eva@acme.test")["nic"].(string); !strings.HasPrefix(got, "ana-") || got == nic {
		t.Errorf("the nickname is %q", got)
	}
}

func TestALongNicknameIsCut(t *testing.T) {
	o := newOffice(t)
	long := strings.Repeat("é", 60)
	for _, id := range []string{"1", "2"} {
		want := o.record(id, id+"@acme.test", map[string]any{"nickName": long})
		if _, err := o.Connector.Create(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if nic, _ := o.Native(id + "@acme.test")["nic"].(string); len([]rune(nic)) != 50 {
			t.Errorf("the nickname is %q", nic)
		}
		if calls := strings.Join(o.update(want), " "); strings.Contains(calls, "PUT") {
			t.Errorf("sent again: %s", calls)
		}
	}
}

func TestANicknameComesFromTheUserName(t *testing.T) {
	o := newOffice(t)
	if record := o.record("1", "ana.ruiz@acme.test", nil); record.Fields["nic"] != "ana.ruiz" {
		t.Errorf("the nickname is %v", record.Fields["nic"])
	}
}

func TestNameAndPhoneAreCarriedOver(t *testing.T) {
	o := newOffice(t)
	o.create("1", "ana@acme.test")
	o.update(o.record("1", "ana@acme.test", map[string]any{"name": map[string]any{"givenName": "Anna", "familyName": "Gil"},
		"phoneNumbers": []any{map[string]any{"type": "mobile", "value": "+33 6 12 34 56 78"}}}))
	got := map[string]any{}
	for _, name := range []string{"name", "lastName", "phone", "phoneExtension", "idPrefix"} {
		got[name] = o.Native("ana@acme.test")[name]
	}
	if diff := cmp.Diff(map[string]any{"name": "Anna", "lastName": "Gil", "phone": "612345678", "phoneExtension": "+33", "idPrefix": int64(75)}, got); diff != "" {
		t.Error(diff)
	}
}

func TestACountryThatTheTableLacksIsTold(t *testing.T) {
	o := newOffice(t)
	abroad := map[string]any{"phoneNumbers": []any{map[string]any{"type": "work", "value": "+44 20 7946 0000"}}}
	made, err := o.Connector.Create(t.Context(), o.record("1", "ana@acme.test", abroad))
	if err != nil || len(made.Notes) != 1 || !strings.Contains(made.Notes[0], "defaults.id_prefix ") || o.Native("ana@acme.test")["idPrefix"] != int64(69) {
		t.Errorf("made with %v, %v", made.Notes, err)
	}
	o.create("2", "eva@acme.test")
	want := o.record("2", "eva@acme.test", abroad)
	for _, notes := range []int{1, 0} { // told when the number comes, not for ever
		now, err := o.Connector.Update(t.Context(), o.Find(want), want)
		if err != nil || len(now.Notes) != notes || o.Native("eva@acme.test")["idPrefix"] != int64(69) {
			t.Errorf("updated with %v, %v", now.Notes, err)
		}
	}
}

func TestAManagerIsResolvedLateAndComesAndGoes(t *testing.T) {
	o := newOffice(t)
	boss := o.create("boss", "boss@acme.test")
	o.create("1", "ana@acme.test")
	want := o.record("1", "ana@acme.test", nil)
	for _, manager := range []any{boss.ID, nil} {
		want.Fields["managerId"] = manager // as the relay resolves it
		before := o.Count()
		for range 2 {
			if _, err := o.Connector.Update(t.Context(), o.Find(want), want); err != nil {
				t.Fatal(err)
			}
		}
		if puts := strings.Count(strings.Join(o.Calls(before), " "), "PUT"); puts != 1 {
			t.Errorf("manager %v: %d updates", manager, puts)
		}
	}
	record, err := o.Mapping.Record("1", person("a@b.test", map[string]any{
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": map[string]any{"manager": map[string]any{"value": "boss"}}}))
	if err != nil || record.References["managerId"] != "boss" {
		t.Errorf("the manager is no reference: %v, %v", record.References, err)
	}
}

func TestAddressIsReportedAsNotForwarded(t *testing.T) {
	o := newOffice(t)
	doc := person("ana@acme.test", map[string]any{"addresses": []any{map[string]any{"type": "work", "locality": "Bilbao"}}})
	if diff := cmp.Diff([]string{"addresses"}, o.Mapping.NotForwarded(doc)); diff != "" {
		t.Error(diff)
	}
}
