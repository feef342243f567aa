package store

import (
	"fmt"
	"strconv"
	"strings"
)

// maxArray is the most rows whose columns are sent as arrays.
const maxArray = 4096

// byColumns is the text with one parameter for each column, an array, and the arrays. It is much less
// work for both sides of a connection than a parameter for each value, and one plan for any
// number of rows.
func (l *lane) byColumns(in inserting, args []any, width int) (text string, columns []any, err error) {
	columns = make([]any, width)
	types := make([]string, width)
	for k := range width {
		if columns[k], types[k], err = column(args, k, width); err != nil {
			return "", nil, err
		}
	}
	key := insertionKey{head: in.head}
	text, known := l.texts[key]
	if !known {
		text = columnsText(in, types)
		l.texts[key] = text
	}
	return text, columns, nil
}

func columnsText(in inserting, types []string) string {
	var b strings.Builder
	b.WriteString(in.head)
	b.WriteString(" SELECT ")
	marked(&b, strings.TrimSuffix(strings.TrimPrefix(in.row, "("), ")"), func(k int) string {
		return "unnest($" + strconv.Itoa(k) + "::" + types[k-1] + "[])"
	})
	b.WriteString(in.tail)
	return b.String()
}

// column is the k-th value of each row as an array, and the type of its elements.
func column(args []any, k, width int) (array any, kind string, err error) {
	switch args[k].(type) {
	case string:
		array, err = gather(args, k, width, as[string])
		return array, "text", err
	case bool:
		array, err = gather(args, k, width, as[bool])
		return array, "boolean", err
	case []byte:
		array, err = gather(args, k, width, as[[]byte])
		return array, "bytea", err
	}
	array, err = gather(args, k, width, whole)
	return array, "bigint", err
}

func as[T any](v any) (T, bool) {
	t, ok := v.(T)
	return t, ok
}

func whole(v any) (int64, bool) {
	if n, ok := v.(int); ok {
		return int64(n), true
	}
	return as[int64](v)
}

func gather[T any](args []any, k, width int, read func(any) (T, bool)) ([]T, error) {
	all := make([]T, 0, len(args)/width)
	for i := k; i < len(args); i += width {
		v, ok := read(args[i])
		if !ok {
			return nil, fmt.Errorf("store: a column of %T holds a %T", args[k], args[i])
		}
		all = append(all, v)
	}
	return all, nil
}
