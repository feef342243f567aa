package schema_test

import (
	"testing"
	"unicode"

	"scimrelay/internal/board"
	"scimrelay/scim/schema"
)

func TestFold(t *testing.T) {
	t.Parallel()
	pairs := board.Begin(t, "I66").Sum("pairs of names", 20)
	for name, c := range map[string]struct {
		a, b string
		same bool
	}{
		"R-03 case":                    {"Ines@ACME.example", "ines@acme.example", true},
		"R-04 full width":              {"ｌena@acme.example", "lena@acme.example", true},
		"R-04 full width at sign":      {"lena＠acme.example", "lena@acme.example", true},
		"R-04 composed":                {"jos\u00e9", "jose\u0301", true},
		"R-04 composed, upper":         {"JOS\u00c9", "jose\u0301", true},
		"I66 sharp s":                  {"straße", "STRASSE", true},
		"I66 capital sharp s":          {"straẞe", "straße", true},
		"I66 Kelvin":                   {"\u212aelvin", "kelvin", true},
		"I66 dotted capital I":         {"İnes", "ines", false},
		"I66 dotted capital I, folded": {"İnes", "i\u0307nes", true},
		"I66 dotless i":                {"ınes", "ines", false},
		"I66 dotless i, upper":         {"ınes", "INES", false},
		"I66 final sigma":              {"ΟΔΥΣΣΕΥΣ", "οδυσσευς", true},
		"I66 long s":                   {"ſam", "sam", true},
		"I66 ligature":                 {"oﬃce", "OFFICE", true},
		"I66 trailing dot":             {"ines.", "ines", false},
		"I66 trailing space":           {"ines ", "ines", false},
		"I66 no-break space":           {"ines\u00a0m", "ines m", true},
		"I66 zero width space":         {"in\u200bes", "ines", false},
		"I66 Cyrillic":                 {"inеs", "ines", false},
		"plus":                         {"a+b@x", "ab@x", false},
	} {
		pairs.Add(1)
		if got := schema.Fold(c.a) == schema.Fold(c.b); got != c.same {
			t.Errorf("%s: Fold(%q) = %q, Fold(%q) = %q", name, c.a, schema.Fold(c.a), c.b, schema.Fold(c.b))
		}
	}
}

// Folding twice is folding once, for every character and between neighbours that compose.
func TestFoldIsIdempotent(t *testing.T) {
	t.Parallel()
	for r := rune(0); r < 0x30000; r++ {
		if r >= 0xd800 && r < 0xe000 {
			continue
		}
		forms := []string{string(r)}
		if r < 0x2200 { // the scripts whose letters compose with accents
			forms = append(forms, "a"+string(r), string(r)+"\u0301", string(r)+"\u0345", string(r)+"\u0308\u0301")
		}
		for _, s := range forms {
			once := schema.Fold(s)
			if twice := schema.Fold(once); twice != once {
				t.Errorf("Fold(%+q) = %+q, again %+q", s, once, twice)
			}
		}
		if simple := unicode.SimpleFold(r); schema.Fold(string(simple)) != schema.Fold(string(r)) {
			t.Errorf("%+q and %+q differ only in case, and not for Fold", r, simple)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"İnes", "straße", "a\u0345\u0301", "ﬃ", "\u1fb3\u0308"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := schema.Fold(s)
		if twice := schema.Fold(once); twice != once {
			t.Fatalf("Fold(%+q) = %+q, again %+q", s, once, twice)
		}
	})
}

func BenchmarkFold(b *testing.B) {
	for name, s := range map[string]string{"lower": "ines.moreau@acme.example", "ascii": "Ines.Moreau@acme.example", "unicode": "inès.moreau@acme.example"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				schema.Fold(s)
			}
		})
	}
}
