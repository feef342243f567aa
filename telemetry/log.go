package telemetry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"unicode/utf8"

	"go.opentelemetry.io/otel/trace"

	"scimrelay/configs"
)

// NewLogger returns a logger that writes lines to out as the configuration says. A line logged
// with the context of a span carries its trace_id and span_id.
func NewLogger(out io.Writer, log configs.Log) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(log.Level)); err != nil {
		return nil, fmt.Errorf("telemetry: log level %q: %w", log.Level, err)
	}
	options := &slog.HandlerOptions{Level: level}
	switch log.Format {
	case "json":
		return slog.New(traced{slog.NewJSONHandler(plain{out}, options)}), nil
	case "text":
		return slog.New(traced{slog.NewTextHandler(plain{out}, options)}), nil
	default:
		return nil, fmt.Errorf("telemetry: log format %q is neither json nor text", log.Format)
	}
}

// traced adds the span of the context to a line. In an open group it adds it there.
type traced struct {
	slog.Handler
}

// Handle implements slog.Handler.
func (h traced) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traced{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h traced) WithGroup(name string) slog.Handler {
	return traced{h.Handler.WithGroup(name)}
}

// plain writes lines without characters that a terminal or a reader would obey: slog escapes the
// ASCII ones but for delete, and leaves the C1 controls and the marks that reverse the direction
// of text. Handlers write one whole line at a time.
type plain struct {
	out io.Writer
}

// Write implements io.Writer.
func (p plain) Write(line []byte) (int, error) {
	safe := line
	if bytes.ContainsFunc(line, obeyed) {
		safe = escape(line)
	}
	if _, err := p.out.Write(safe); err != nil {
		return 0, err
	}
	return len(line), nil
}

func escape(line []byte) []byte {
	safe := make([]byte, 0, len(line)+16)
	for len(line) > 0 {
		r, size := utf8.DecodeRune(line)
		if obeyed(r) {
			safe = fmt.Appendf(safe, `\u%04x`, r)
		} else {
			safe = append(safe, line[:size]...)
		}
		line = line[size:]
	}
	return safe
}

func obeyed(r rune) bool {
	switch {
	case r >= 0x7f && r <= 0x9f, r >= 0x200e && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	default:
		return false
	}
}
