package scim

import "strings"

// span is a part of a body, from one offset to another.
type span struct{ from, to int }

// largeBody is from which size a body is not copied whole: of a group's many members only the
// ids are kept, and one of them must not hold a copy of everything else.
const largeBody = 256 << 10

// chunkSize is how many bytes of a large body's strings share one allocation.
const chunkSize = 32 << 10

// texts gives a decoder its strings, in few allocations and none sharing memory with the body.
type texts struct {
	whole string // a copy of a body that is not large
	chunk *strings.Builder
}

func newTexts(body []byte) texts {
	if len(body) < largeBody {
		return texts{whole: string(body)}
	}
	return texts{}
}

// of is the text of a span of the body.
func (t *texts) of(body []byte, s span) string {
	if t.whole != "" {
		return t.whole[s.from:s.to]
	}
	n := s.to - s.from
	if n > chunkSize/16 {
		return string(body[s.from:s.to])
	}
	if t.chunk == nil || t.chunk.Len()+n > t.chunk.Cap() {
		t.chunk = &strings.Builder{}
		t.chunk.Grow(chunkSize)
	}
	start := t.chunk.Len()
	t.chunk.Write(body[s.from:s.to])
	return t.chunk.String()[start:]
}
