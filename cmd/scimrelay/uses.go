package main

import (
	"context"
	"log/slog"
	"time"

	"scimrelay/store"
	"scimrelay/tenants"
)

// uses writes down when tokens were last used, beside the requests that used them.
type uses struct {
	tokens *store.Tokens
	log    *slog.Logger
	news   chan use
}

type use struct {
	tenant, keyID string
	at            time.Time
}

func newUses(tokens *store.Tokens, log *slog.Logger) *uses {
	return &uses{tokens: tokens, log: log, news: make(chan use, 256)}
}

// note hands the news on; when too much waits the next use, a minute later, will do.
func (u *uses) note(token tenants.Token, at time.Time) {
	select {
	case u.news <- use{token.Tenant, token.KeyID, at}:
	default:
	}
}

func (u *uses) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case n := <-u.news:
			if err := u.tokens.Used(ctx, n.tenant, n.keyID, n.at); err != nil && ctx.Err() == nil {
				u.log.WarnContext(ctx, "a token's use was not noted", "tenant", n.tenant, "token", n.keyID, "err", err)
			}
		}
	}
}
