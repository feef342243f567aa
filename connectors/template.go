package connectors

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// mostTemplates bounds what a product keeps: a few sets of defaults are common, and a tenant may
// write down any.
const mostTemplates = 64

// templates are a product's mappings compiled without a target's own rules, by the names of the
// defaults they were compiled with. Thousands of targets differ in the values only.
type templates struct {
	mu      sync.Mutex
	byNames map[string]*Mapping
}

// mapping is the template for the names with these values in it, nil when there is none yet.
func (t *templates) mapping(defaults map[string]any) *Mapping {
	t.mu.Lock()
	m := t.byNames[namesOf(defaults)]
	t.mu.Unlock()
	if m == nil {
		return nil
	}
	return m.with(defaults)
}

// keep makes the mapping the template of the names.
func (t *templates) keep(m *Mapping, defaults map[string]any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byNames == nil {
		t.byNames = map[string]*Mapping{}
	}
	if len(t.byNames) < mostTemplates {
		t.byNames[namesOf(defaults)] = m
	}
}

func namesOf(defaults map[string]any) string {
	return strings.Join(slices.Sorted(maps.Keys(defaults)), "\x00")
}

// with is the mapping with other defaults of the same names. What is compiled is shared.
func (m *Mapping) with(defaults map[string]any) *Mapping {
	other := *m
	other.defaults = maps.Clone(m.defaults)
	maps.Copy(other.defaults, defaults)
	if m.group != nil {
		group := *m.group
		group.defaults = other.defaults
		other.group = &group
	}
	return &other
}
