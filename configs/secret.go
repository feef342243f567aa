package configs

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// redacted stands for every secret wherever one would be printed.
const redacted = "redacted"

// Secret is a value that no message, log or encoding shows. In a file it is a reference,
// ${env:NAME} or ${file:PATH}, and never the value itself. The zero Secret is empty.
type Secret struct {
	// A pointer, because fmt calls no methods on unexported fields and would print a string.
	value *string
}

// NewSecret returns a secret of the value, for what does not come from a file.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal returns the value itself, for the one place that uses it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Empty says whether there is no value.
func (s Secret) Empty() bool { return s.value == nil }

// Equal compares two secrets in constant time for values of equal length.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String says "redacted".
func (s Secret) String() string { return redacted }

// GoString says "redacted".
func (s Secret) GoString() string { return redacted }

// Format says "redacted" for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue says "redacted".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText says "redacted".
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON says "redacted".
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalYAML says "redacted".
func (s Secret) MarshalYAML() ([]byte, error) { return []byte(redacted), nil }

func (s *Secret) decode(n Node) (problem string) {
	text, ok := textOf(n.Node)
	switch {
	case !n.Present() || ok && text == "":
		return "the secret is empty: want ${env:NAME} or ${file:PATH}"
	case !ok || !isReference(text):
		return "a secret stands only as ${env:NAME} or ${file:PATH}"
	}
	value, problem := n.resolve(text)
	if problem != "" {
		return problem
	}
	*s = NewSecret(value)
	return ""
}
