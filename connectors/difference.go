package connectors

import (
	"encoding/json"
	"math/big"
	"reflect"
)

// Difference gives the fields of want that differ in have, with want's values. A field want
// does not name is left alone. Numbers compare by value whatever their Go type, and nil, ""
// and an absent field are one.
func Difference(have, want map[string]any) map[string]any {
	changed := map[string]any{}
	for name, value := range want {
		if !sameValue(have[name], value) {
			changed[name] = value
		}
	}
	return changed
}

func sameValue(a, b any) bool {
	if isEmpty(a) || isEmpty(b) {
		return isEmpty(a) && isEmpty(b)
	}
	x, isNumber := number(a)
	y, both := number(b)
	if isNumber || both {
		return isNumber && both && x.Cmp(y) == 0
	}
	if list, ok := a.([]any); ok {
		return sameList(list, b)
	}
	if object, ok := a.(map[string]any); ok {
		other, ok := b.(map[string]any)
		return ok && len(Difference(object, other)) == 0 && len(Difference(other, object)) == 0
	}
	return reflect.DeepEqual(a, b)
}

func sameList(a []any, other any) bool {
	b, ok := other.([]any)
	if !ok || len(a) != len(b) {
		return false
	}
	for i := range a {
		if !sameValue(a[i], b[i]) {
			return false
		}
	}
	return true
}

// number reads any of the number types that decoding and mappings give, exactly.
func number(v any) (*big.Rat, bool) {
	switch n := v.(type) {
	case json.Number:
		// An exponent can ask for gigabytes of digits; no vendor writes an id that way.
		if len(n) > 32 {
			return nil, false
		}
		f, err := n.Float64()
		if err != nil {
			return nil, false
		}
		if i, err := n.Int64(); err == nil {
			return new(big.Rat).SetInt64(i), true
		}
		return rational(f)
	case int:
		return new(big.Rat).SetInt64(int64(n)), true
	case int32:
		return new(big.Rat).SetInt64(int64(n)), true
	case int64:
		return new(big.Rat).SetInt64(n), true
	case float64:
		return rational(n)
	default:
		return nil, false
	}
}

func rational(f float64) (*big.Rat, bool) {
	r := new(big.Rat).SetFloat64(f)
	return r, r != nil
}

func isEmpty(v any) bool {
	switch e := v.(type) {
	case nil:
		return true
	case string:
		return e == ""
	case []any:
		return len(e) == 0
	case map[string]any:
		return len(e) == 0
	default:
		return false
	}
}
