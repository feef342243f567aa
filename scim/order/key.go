package order

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/schema"
)

// Key is the value by which a resource is sorted, in a form whose order is that of the
// bytes. Of a text it holds the first 512 bytes: what is equal so far follows by id.
type Key string

const (
	maxText = 512
	maxKey  = maxText + 1
)

// The first byte of a Key says what it holds. Absent is behind everything.
const (
	classBoolean byte = 0x10
	classNumber  byte = 0x20
	classTime    byte = 0x30
	classText    byte = 0x40
	classAbsent  byte = 0xff
)

const absent = Key("\xff")

// Append appends the key to b, for a cursor.
func (k Key) Append(b []byte) []byte { return append(b, k...) }

// ParseKey reads what Append wrote. Nothing at all is the key of a resource without data.
func ParseKey(b []byte) (Key, error) {
	if len(b) == 0 {
		return absent, nil
	}
	switch b[0] {
	case classBoolean, classNumber, classTime, classText, classAbsent:
		if len(b) <= maxKey {
			return Key(b), nil
		}
	}
	return "", errors.New("order: not a key")
}

// Key is the resource's key in the order.
func (o Order) Key(s filter.Subject) Key {
	if !o.sorted {
		return absent
	}
	return o.encode(o.sub(first(o.value(s))))
}

// value is the value of the attribute, not of its sub-attribute. What the Subject tells of
// id and meta goes before what the Document may hold.
func (o Order) value(s filter.Subject) any {
	if o.path.URN == "" {
		switch {
		case o.path.Name == "id" && s.ID != "":
			return s.ID
		case o.path.Name == "meta":
			if v := meta(s, o.path.SubName); v != nil {
				return scim.Document{o.path.SubName: v}
			}
		}
	}
	v, _ := o.path.Value(s.Document)
	return v
}

// meta is a part of the resource's meta, nil where the Subject does not tell.
func meta(s filter.Subject, name string) any {
	switch name {
	case "resourceType":
		return given(s.Type)
	case "location":
		return given(s.Location)
	case "version":
		return given(s.Version)
	case "created":
		return told(s.Created)
	case "lastModified":
		return told(s.Modified)
	}
	return nil
}

func given(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func told(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at
}

// first is the value that counts: of several the primary one, or else the first
// (section 3.4.2.3).
func first(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	for _, element := range list {
		if schema.IsPrimary(element) {
			return element
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// sub is the sub-attribute of a value; of an object without a schema its value.
func (o Order) sub(v any) any {
	name := o.path.SubName
	obj, ok := v.(scim.Document)
	switch {
	case !ok && name == "":
		return v
	case !ok:
		return nil
	case name == "":
		name = "value"
	}
	v, _ = schema.Member(obj, name)
	return first(v)
}

func (o Order) encode(v any) Key {
	switch v := v.(type) {
	case bool:
		if v {
			return Key([]byte{classBoolean, 1})
		}
		return Key([]byte{classBoolean, 0})
	case json.Number:
		return o.number(v)
	case time.Time:
		return instant(v)
	case string:
		return o.text(v)
	}
	return absent
}

// text is the key of a text: by what the attribute takes for the same value, so in any
// letter case unless it is caseExact. Empty texts are no data, as with pr.
func (o Order) text(s string) Key {
	switch {
	case s == "":
		return absent
	case o.leaf == nil:
		s = schema.Fold(s)
	case o.leaf.Type == schema.DateTime:
		if at, ok := schema.ParseTime(s); ok {
			return instant(at)
		}
		return absent
	case o.leaf.Type != schema.Binary:
		s = o.leaf.Key(s)
	}
	if len(s) > maxText {
		cut := maxText
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut]
	}
	var b strings.Builder
	b.Grow(1 + len(s))
	b.WriteByte(classText)
	b.WriteString(s)
	return Key(b.String())
}

// instant is the key of a time, to the nanosecond and in any year.
func instant(t time.Time) Key {
	b := append(make([]byte, 0, 17), classTime)
	return Key(appendInteger(appendInteger(b, t.Unix()), int64(t.Nanosecond())))
}

// number is the key of a number, as a float, and of an integer to the last digit.
func (o Order) number(n json.Number) Key {
	f, err := n.Float64()
	if err != nil && !errors.Is(err, strconv.ErrRange) { // beyond the range it is infinite
		return absent
	}
	if f == 0 {
		f = 0 // not -0
	}
	bits := math.Float64bits(f)
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	b := append(make([]byte, 0, 17), classNumber)
	b = binary.BigEndian.AppendUint64(b, bits)
	if o.leaf != nil && o.leaf.Type == schema.Integer {
		i, _ := n.Int64() // beyond the range it is the end of the range
		b = appendInteger(b, i)
	}
	return Key(b)
}

// appendInteger appends an integer so that the order of the bytes is that of the numbers.
func appendInteger(b []byte, i int64) []byte {
	at := len(b)
	b, _ = binary.Append(b, binary.BigEndian, i) // a number always has a form
	b[at] ^= 0x80                                // negative ones before the others
	return b
}
