package configs

import (
	"reflect"
	"slices"
	"strings"
)

// field is a struct field as the file names it.
type field struct {
	name     string
	required bool
	value    reflect.Value
}

type fields []field

// fieldsOf lists what a struct reads, embedded structs spread among their neighbours.
func fieldsOf(v reflect.Value) (list fields) {
	for i := range v.NumField() {
		of := v.Type().Field(i)
		tag, options, _ := strings.Cut(of.Tag.Get("yaml"), ",")
		with := strings.Split(options, ",")
		switch {
		case tag == "-" || !of.IsExported():
		case slices.Contains(with, "inline"):
			list = append(list, fieldsOf(v.Field(i))...)
		default:
			if tag == "" {
				tag = strings.ToLower(of.Name)
			}
			list = append(list, field{tag, slices.Contains(with, "required"), v.Field(i)})
		}
	}
	return list
}

func (fs fields) named(key string) (field, bool) {
	for _, f := range fs {
		if f.name == key {
			return f, true
		}
	}
	return field{}, false
}

func (fs fields) names() string {
	if len(fs) == 0 {
		return "no keys"
	}
	names := make([]string, len(fs))
	for i, f := range fs {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}
