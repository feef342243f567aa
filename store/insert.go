package store

import (
	"context"
	"math/bits"
	"strings"
)

// inserting is an insert of many rows: head, then one row after the other, then tail. A row is
// written with a ? for each value that differs from row to row: what they share costs nothing.
type inserting struct{ head, row, tail string }

// insertionKey tells insertions apart: no two have one head.
type insertionKey struct {
	head string
	rows int // 0 where a text is for any number
}

// insert writes rows with few statements. args holds the rows' values one after the other; each hears
// RETURNING's rows.
func (t *tx) insert(ctx context.Context, in inserting, args []any, each func(scan func(...any) error) error) error {
	width := strings.Count(in.row, "?")
	for len(args) > 0 {
		n, query, values, err := t.lane.insertion(in, args, width)
		switch {
		case err != nil:
			return t.fail(err)
		case each == nil:
			err = t.exec(ctx, query, values...)
		default:
			err = t.rows(ctx, query, values, each)
		}
		if err != nil {
			return err
		}
		args = args[n*width:]
	}
	return nil
}

// insertion is the statement that inserts the first n of the rows, and its arguments.
func (l *lane) insertion(in inserting, args []any, width int) (n int, query string, values []any, err error) {
	n = len(args) / width
	if l.db.engine.arrays {
		n = min(n, maxArray)
		query, values, err = l.byColumns(in, args[:n*width], width)
		return n, query, values, err
	}
	n = min(maxRows, 1<<(bits.Len(uint(n))-1)) // as many statements as there are set bits in their number
	return n, l.byRows(in, n), args[:n*width], nil
}

// byRows is the text with a parameter for each value of each row, put together once.
func (l *lane) byRows(in inserting, rows int) string {
	key := insertionKey{in.head, rows}
	if text, ok := l.texts[key]; ok {
		return text
	}
	var b strings.Builder
	b.WriteString(in.head)
	b.WriteString(" VALUES ")
	n := 0
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		marked(&b, in.row, func(int) string { n++; return l.db.engine.mark(n) })
	}
	b.WriteString(in.tail)
	l.texts[key] = b.String()
	return b.String()
}

// marked writes the row with what stands for its k-th value, from 1.
func marked(b *strings.Builder, row string, value func(k int) string) {
	k := 0
	for part := range strings.SplitAfterSeq(row, "?") {
		text, mark := strings.CutSuffix(part, "?")
		b.WriteString(text)
		if mark {
			k++
			b.WriteString(value(k))
		}
	}
}
