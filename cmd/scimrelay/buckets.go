package main

import (
	"context"
	"log/slog"

	"github.com/google/uuid"

	"scimrelay/connectors"
	"scimrelay/queue"
	"scimrelay/relay"
)

// share has the opener's targets pace their calls together with those of the other processes,
// where there may be others. Accounts are named by digests with a key that all of them have.
func (g *gateway) share(ctx context.Context, opener *relay.Opener) (err error) {
	local := connectors.NewLocalBuckets(nil)
	opener.Env.Buckets = local
	if g.config.Queue.URL.Scheme() == "inprocess" {
		return nil
	}
	hasher, err := tokenHasher(ctx, g.config, g.store, slog.New(slog.DiscardHandler)) // whoever hashes tokens warns
	if err != nil {
		return err
	}
	opener.AccountKey = hasher.Derive("accounts")
	ramp := queue.Ramp{Start: connectors.RampStart, Time: connectors.RampTime}
	g.buckets, err = queue.NewBuckets(g.config.Queue.URL.Reveal(), uuid.NewString(), ramp, local, g.log)
	if err != nil {
		return err
	}
	opener.Env.Buckets = g.buckets
	return nil
}
