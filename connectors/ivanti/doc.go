// Package ivanti provisions people.
package ivanti
