package restyaml

import (
	"context"

	"scimrelay/connectors"
)

// nobody is a key that nobody has: RFC 2606 keeps the domain free for ever.
const nobody = "nobody@scimrelay.invalid"

// Probe implements connectors.Prober: the first page of the list, or where the file has none the
// search for somebody there cannot be. The section check is not asked first: what it reads may be
// open to all, or closed to a target that works.
func (c *connector) Probe(ctx context.Context) error {
	if c.calls[callList] != nil {
		_, err := listing{c}.List(ctx, "")
		return err
	}
	find, v := c.calls[callFind], c.values()
	v["key"] = nobody
	if _, err := find.fill(v, c.account.paths, nil); err != nil { // keys are numbers, say
		_, err := c.lookAround(ctx)
		return err
	}
	_, _, _, err := c.page(ctx, find, v, place{}, nil)
	if connectors.Is(err, connectors.NotFound) || connectors.Is(err, connectors.Invalid) {
		return nil // it minds the key, so it has taken the credentials
	}
	return err
}
