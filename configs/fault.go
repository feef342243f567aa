// Package configs reads configuration: the gateway's own file, and the strict YAML decoding,
// secrets and positioned faults that tenant files share.
//
// It knows what a value must look like, not what it is for: tenants owns the tenant files,
// each product its own settings.
package configs

import (
	"fmt"
	"strings"
)

// Position is a place in a file; lines and columns count from 1, and 0 means unknown.
type Position struct {
	File   string
	Line   int
	Column int
}

// String gives file:line:column, leaving out what is unknown.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Fault is one thing wrong with a configuration file.
type Fault struct {
	Position
	Message string
}

// Error implements error.
func (f Fault) Error() string { return f.Position.String() + ": " + f.Message }

// Faults is everything wrong, reported together.
type Faults []Fault

// Error implements error, one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}
