// Package configs reads configuration: the gateway's own file, and the strict YAML decoding,
// secrets and positioned faults that tenant files share.
//
// It knows what a value must look like, not what it is for: tenants owns the tenant files,
// each product its own settings.
package configs

import (
	"cmp"
	"fmt"
	"slices"
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

// String is Error, so that printing a fault never shows only the position it embeds.
func (f Fault) String() string { return f.Error() }

// Faults is everything wrong, reported together.
type Faults []Fault

// Add appends a fault at the position, its message formatted as by fmt.Sprintf.
func (fs *Faults) Add(at Position, format string, args ...any) {
	*fs = append(*fs, Fault{Position: at, Message: fmt.Sprintf(format, args...)})
}

// Error implements error, one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns the faults in the order of their files, or nil when there is none.
func (fs Faults) Err() error {
	if len(fs) == 0 {
		return nil
	}
	return fs.Sorted()
}

// Sorted returns the faults ordered by file, line and column.
func (fs Faults) Sorted() Faults {
	sorted := slices.Clone(fs)
	slices.SortStableFunc(sorted, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return sorted
}
