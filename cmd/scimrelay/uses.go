package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"scimrelay/store"
	"scimrelay/tenants"
)

// uses writes down how tokens were used, beside the requests that used them.
type uses struct {
	store   *store.Store
	tenants tenants.Directory
	log     *slog.Logger
	news    chan use
}

// use is one use of a token, which was good or, with a status, over.
type use struct {
	tenant, keyID string
	over          tenants.Status
	at            time.Time
}

func newUses(s *store.Store, directory tenants.Directory, log *slog.Logger) *uses {
	return &uses{store: s, tenants: directory, log: log, news: make(chan use, 256)}
}

// note hands the news on; when too much waits the next use, a minute later, will do.
func (u *uses) note(token tenants.Token, at time.Time) {
	u.hand(use{token.Tenant, token.KeyID, "", at})
}

// spent hands on that a token was shown that is over. When too much waits it is news again the
// next time.
func (u *uses) spent(token tenants.Token, status tenants.Status, at time.Time) (taken bool) {
	return u.hand(use{token.Tenant, token.KeyID, status, at})
}

func (u *uses) hand(news use) (taken bool) {
	select {
	case u.news <- news:
		return true
	default:
		return false
	}
}

func (u *uses) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case n := <-u.news:
			if err := u.write(ctx, n); err != nil && ctx.Err() == nil {
				u.log.WarnContext(ctx, "a token's use was not noted", "tenant", n.tenant, "token", n.keyID, "err", err)
			}
		}
	}
}

func (u *uses) write(ctx context.Context, n use) error {
	client := clientOf(u.tenants, n.tenant)
	if n.over == "" {
		return u.store.Tokens.Used(ctx, n.tenant, n.keyID, client, n.at)
	}
	return u.store.Events.Append(ctx, n.tenant, store.Event{Kind: "token.used_after_end", Actor: "token:" + n.keyID, Fault: string(n.over),
		Detail: fmt.Sprintf("token %s, %s: it was shown although it is %s, and refused", n.keyID, client, n.over)})
}

// clientOf names a tenant's identity provider in events, as its file does.
func clientOf(directory tenants.Directory, id string) string {
	tenant, known := directory.Tenant(id)
	if !known || tenant.Client.Profile == "" {
		return "client unnamed"
	}
	return "client " + tenant.Client.Profile
}
