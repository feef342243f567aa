package main

import (
	"context"
	"errors"
	"fmt"

	"scimrelay/store"
)

type migrateCommand struct{ configFlag }

// Run brings the database's schema up to date and ends, for installations where the gateway's
// own role may not.
func (c migrateCommand) Run(ctx context.Context, con console) error {
	config, err := c.alone()
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, config.Store.URL.Reveal(), store.Options{})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(con.out, "the schema is up to date")
	return errors.Join(err, s.Close())
}
