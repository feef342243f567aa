package secrets_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"scimrelay/secrets"
)

func ring(tb testing.TB, ids ...string) secrets.Ring {
	tb.Helper()
	var keys []secrets.Key
	for _, id := range ids {
		keys = append(keys, secrets.Key{ID: id, Secret: strings.Repeat("secret of "+id+" ", 4)})
	}
	r, err := secrets.NewRing(keys)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func seal(tb testing.TB, r secrets.Ring, value string, place ...string) string {
	tb.Helper()
	sealed, err := r.Seal(value, place...)
	if err != nil {
		tb.Fatal(err)
	}
	return sealed
}

func TestASealedValueOpensInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	r := ring(t, "k1")
	sealed := seal(t, r, "plain", "setting", "tokens.key")
	if strings.Contains(sealed, "plain") || sealed == seal(t, r, "plain", "setting", "tokens.key") {
		t.Errorf("sealed as %q, and again", sealed)
	}
	if value, err := r.Open(sealed, "setting", "tokens.key"); err != nil || value != "plain" {
		t.Errorf("%q, %v", value, err)
	}
	for name, place := range map[string][]string{
		"another name":       {"setting", "events.key"},
		"another kind":       {"file", "tokens.key"},
		"another cut":        {"settingt", "okens.key"},
		"a part more":        {"setting", "tokens.key", ""},
		"one part":           {"settingtokens.key"},
		"no place":           nil,
		"the key's name too": {"k1", "setting", "tokens.key"},
	} {
		if _, err := r.Open(sealed, place...); !errors.Is(err, secrets.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A ciphertext moved to another tenant's row does not open there.
func TestWhatIsSealedForOneTenantDoesNotOpenForAnother(t *testing.T) {
	t.Parallel()
	r := ring(t, "k1")
	sealed := seal(t, r, "plain", "tenant", "acme", "sage", "private_key")
	if _, err := r.Open(sealed, "tenant", "other", "sage", "private_key"); !errors.Is(err, secrets.ErrBroken) {
		t.Error(err)
	}
}

func TestEveryChangedCharacterIsNoticed(t *testing.T) {
	t.Parallel()
	r := ring(t, "k1")
	sealed := seal(t, r, "plain", "place")
	for i := range sealed {
		for _, c := range []byte("AZ:") {
			changed := sealed[:i] + string(c) + sealed[i+1:]
			// The last character of base64 has bits that say nothing.
			if changed == sealed || i == len(sealed)-1 {
				continue
			}
			if value, err := r.Open(changed, "place"); err == nil {
				t.Errorf("%q opens as %q", changed, value)
			}
		}
		if _, err := r.Open(sealed[:i], "place"); err == nil {
			t.Errorf("its first %d bytes open", i)
		}
	}
}

func TestAnOldKeyOpensAndTheFirstOneSeals(t *testing.T) {
	t.Parallel()
	old := seal(t, ring(t, "k1"), "plain", "place")
	both := ring(t, "k2", "k1")
	if value, err := both.Open(old, "place"); err != nil || value != "plain" {
		t.Errorf("%q, %v", value, err)
	}
	if id, ok := secrets.KeyOf(seal(t, both, "plain", "place")); !ok || id != "k2" || both.Current() != "k2" {
		t.Errorf("sealed with %q, %v", id, ok)
	}
	if _, err := ring(t, "k2").Open(old, "place"); !errors.Is(err, secrets.ErrKey) {
		t.Errorf("without the old key: %v", err)
	}
	// Another secret under the same name is another key.
	r, err := secrets.NewRing([]secrets.Key{{ID: "k1", Secret: strings.Repeat("x", secrets.MinKey)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(old, "place"); !errors.Is(err, secrets.ErrBroken) {
		t.Error(err)
	}
}

func TestARingIsChecked(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", secrets.MinKey)
	for name, keys := range map[string][]secrets.Key{
		"a short secret": {{ID: "k1", Secret: long[1:]}},
		"no id":          {{Secret: long}},
		"an id twice":    {{ID: "k1", Secret: long}, {ID: "k1", Secret: long + "y"}},
		"an odd id":      {{ID: "k:1", Secret: long}},
	} {
		if _, err := secrets.NewRing(keys); err == nil || strings.Contains(err.Error(), long) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (secrets.Ring{}).Seal("plain", "place"); !errors.Is(err, secrets.ErrKey) {
		t.Errorf("without keys: %v", err)
	}
}

func ExampleRing() {
	r, err := secrets.NewRing([]secrets.Key{{ID: "k1", Secret: "0123456789abcdef0123456789abcdef"}})
	if err != nil {
		panic(err)
	}
	sealed, err := r.Seal("the value", "setting", "tokens.key")
	if err != nil {
		panic(err)
	}
	id, _ := secrets.KeyOf(sealed)
	value, err := r.Open(sealed, "setting", "tokens.key")
	fmt.Println(id, value, err)
	_, err = r.Open(sealed, "setting", "events.key")
	fmt.Println(errors.Is(err, secrets.ErrBroken))
	// Output:
	// k1 the value <nil>
	// true
}
