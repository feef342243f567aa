package filter_test

import (
	"strings"
	"testing"

	"scimrelay/scim/filter"
	"scimrelay/scim/schema/schematest"
)

func BenchmarkCompile(b *testing.B) {
	rt := schematest.User(b)
	for name, text := range map[string]string{
		"simple":  `userName eq "ines.moreau@acme.example"`,
		"complex": `active eq true and (emails[type eq "work" and value co "@acme.example"] or not (title pr)) and meta.lastModified gt "2026-05-13T04:42:34Z"`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := filter.Compile(rt, text, filter.Rules{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	rt := schematest.User(b)
	s := people(b, rt)[0]
	for name, text := range map[string]string{
		"simple":  `userName eq "ana@a.example"`,
		"complex": `active eq true and emails[type eq "work" and value co "@a.example"] and meta.lastModified gt "2020-05-13T04:42:34Z"`,
	} {
		f, err := filter.Compile(rt, text, filter.Rules{})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !f.Match(s) {
					b.Fatal("no match")
				}
			}
		})
	}
}

func BenchmarkHostile(b *testing.B) {
	rt := schematest.User(b)
	text := strings.Repeat(`((title pr)) or `, 49) + `title pr`
	b.ReportAllocs()
	for b.Loop() {
		if _, err := filter.Compile(rt, text, filter.Rules{}); err != nil {
			b.Fatal(err)
		}
	}
}
