package demo

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Line shows how far something is: one line rewritten where there is a terminal, elsewhere a new
// one each second at most. Progress that cannot be shown is not worth failing for.
//
// It is safe for use by several shows at once.
type Line struct {
	out      io.Writer
	terminal bool
	now      func() time.Time

	mu    sync.Mutex
	shown time.Time
}

// NewLine returns a line on out.
func NewLine(out io.Writer, now func() time.Time) *Line {
	l := &Line{out: out, now: now, shown: now()}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		l.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return l
}

// Say shows the text, or leaves it out when it is too soon for another.
func (l *Line) Say(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.terminal {
		_, _ = fmt.Fprintf(l.out, "\r\x1b[K%s", text)
		return
	}
	if now := l.now(); now.Sub(l.shown) >= time.Second {
		_, _ = fmt.Fprintln(l.out, text)
		l.shown = now
	}
}

// End shows the text for good.
func (l *Line) End(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.terminal {
		_, _ = fmt.Fprint(l.out, "\r\x1b[K")
	}
	_, _ = fmt.Fprintln(l.out, text)
}
