package main

import (
	"context"
	"errors"
	"fmt"
)

type migrateCommand struct{ configFlag }

// Run brings the database's schema up to date and ends, for installations where the gateway's
// own role may not.
func (c migrateCommand) Run(ctx context.Context, con console) error {
	_, s, err := c.openStore(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(con.out, "the schema is up to date")
	return errors.Join(err, s.Close())
}
