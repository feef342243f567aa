// Package fences holds no code: its test reads every other package and fails when one
// imports what the house does not let it, so that the tree stays what docs/architecture.md says.
package fences
