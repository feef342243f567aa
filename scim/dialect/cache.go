package dialect

import (
	"fmt"
	"sync"

	"scimrelay/scim/schema"
	"scimrelay/tenants"
)

// Cache keeps every tenant's Dialect for as long as its file says the same.
type Cache struct {
	base *schema.Set

	mu       sync.RWMutex
	byTenant map[string]entry
}

type entry struct {
	fingerprint string
	dialect     *Dialect
}

// NewCache is a Cache of Dialects on the common schemas.
func NewCache(base *schema.Set) *Cache {
	return &Cache{base: base, byTenant: map[string]entry{}}
}

// Of is the tenant's Dialect. The error is that of a file that was never checked.
func (c *Cache) Of(t *tenants.Tenant) (*Dialect, error) {
	c.mu.RLock()
	known, ok := c.byTenant[t.ID]
	c.mu.RUnlock()
	if ok && known.fingerprint == t.Fingerprint {
		return known.dialect, nil
	}
	made, faults := Compile(c.base, *t)
	if err := faults.Err(); err != nil {
		return nil, fmt.Errorf("dialect of %s: %w", t.ID, err)
	}
	c.mu.Lock()
	c.byTenant[t.ID] = entry{t.Fingerprint, &made}
	c.mu.Unlock()
	return &made, nil
}
