package store

import (
	"slices"
	"testing"
)

// A column whose values are of two kinds is a mistake that is named: no value is guessed.
func TestColumns(t *testing.T) {
	t.Parallel()
	rows := []any{"a", 1, true, []byte{1}, "b", int64(2), false, []byte{}}
	for k, want := range []string{"text", "bigint", "boolean", "bytea"} {
		array, kind, err := column(rows, k, 4)
		if err != nil || kind != want {
			t.Errorf("column %d: %v of %s, %v", k, array, kind, err)
		}
	}
	if array, _, _ := column(rows, 1, 4); !slices.Equal(array.([]int64), []int64{1, 2}) {
		t.Errorf("numbers %v", array)
	}
	for _, bad := range [][]any{{"a", 1}, {1, "a"}, {true, nil}, {nil, nil}, {[]byte{}, "a"}, {1.5, 1}} {
		if array, _, err := column(bad, 0, 1); err == nil {
			t.Errorf("%v became %v", bad, array)
		}
	}
}
