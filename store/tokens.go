package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"scimrelay/tenants"
)

// Tokens are who may speak for each tenant. Secrets are not here, only their hashes.
type Tokens struct{ db *database }

const tokenColumns = "tenant, key_id, slot, status, hash, created, expires, overlap, last_used"

// Token finds a token by its key id, before it is known whose it is: the one read that names
// no tenant. It returns tenants.ErrNoToken for an unknown one.
func (k *Tokens) Token(ctx context.Context, keyID string) (tenants.Token, error) {
	t, err := scanToken(k.db.read.QueryRowContext(ctx, `SELECT `+tokenColumns+` FROM tokens WHERE key_id = $1`, keyID).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return t, tenants.ErrNoToken
	}
	return t, unavailable("read a token", err)
}

// List returns all of the tenant's tokens, the oldest first.
func (k *Tokens) List(ctx context.Context, tenant string) (tenants.TokenSet, error) {
	rows, err := k.db.read.QueryContext(ctx, listTokens, tenant)
	if err != nil {
		return nil, unavailable("read tokens", err)
	}
	set, err := scanTokens(rows)
	return set, unavailable("read tokens", err)
}

const listTokens = `SELECT ` + tokenColumns + ` FROM tokens WHERE tenant = $1 ORDER BY created, key_id`

// TokenChange is one step in the life of a tenant's tokens.
type TokenChange struct {
	Tenant string
	Actor  string
	Kind   string // token.created, token.activated, token.deactivated, token.renewed, token.deleted
	KeyID  string // for the event; the change decides what is written
	Detail string // for the event too: whose identity provider it is for, and why
	// Apply is a method of TokenSet: it returns the tokens to write, or why not.
	Apply func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error)
}

// Change reads the tenant's tokens, applies the change and writes the result with its event in
// one transaction, beside no other change of theirs. A refusal of Apply is returned as it is.
func (k *Tokens) Change(ctx context.Context, c TokenChange) error {
	return k.db.commit.answer(ctx, lockMany(), func(ctx context.Context, t *tx) error { return t.changeTokens(ctx, c) })
}

func (t *tx) changeTokens(ctx context.Context, c TokenChange) error {
	// What is judged must stay until it is written, or a renewal would bring back a token that
	// somebody has revoked meanwhile.
	if err := t.lock(ctx, t.lane.db.engine.exclude, "tokens "+c.Tenant); err != nil {
		return err
	}
	var set tenants.TokenSet
	err := t.rows(ctx, listTokens, []any{c.Tenant}, func(scan func(...any) error) error {
		token, err := scanToken(scan)
		set = append(set, token)
		return err
	})
	if err != nil {
		return err
	}
	changed, err := c.Apply(set, fromMillis(t.now))
	if err != nil {
		return fmt.Errorf("store: %w: %w", ErrTokens, err)
	}
	for _, token := range changed {
		if err := t.putToken(ctx, token); err != nil {
			return err
		}
		if token.KeyID != c.KeyID {
			t.note(beside(c, token))
		}
	}
	t.note(event{tenant: c.Tenant, kind: c.Kind, actor: c.Actor, detail: tokenDetail(c.KeyID, c.Detail)})
	return nil
}

// beside is the event of a token that changes with another one: the one that is renewed, or one
// whose time was over.
func beside(c TokenChange, token tenants.Token) event {
	e := event{tenant: c.Tenant, kind: "token." + string(token.Status), actor: c.Actor, detail: tokenDetail(token.KeyID, "with "+c.KeyID)}
	if token.Status == tenants.Active { // it lives on beside its successor for a while
		e.kind = "token.overlapping"
		e.detail += " until " + token.Overlap.UTC().Format(time.RFC3339)
	}
	return e
}

func tokenDetail(keyID, more string) string {
	if more == "" {
		return "token " + keyID
	}
	return "token " + keyID + ", " + more
}

func (t *tx) putToken(ctx context.Context, k tenants.Token) error {
	return t.exec(ctx, `INSERT INTO tokens (`+tokenColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (key_id) DO UPDATE SET slot = excluded.slot, status = excluded.status, expires = excluded.expires,
		overlap = excluded.overlap WHERE tokens.tenant = excluded.tenant`,
		k.Tenant, k.KeyID, k.Slot, string(k.Status), k.Hash, toMillis(k.Created), toMillis(k.Expires),
		toMillis(k.Overlap), toMillis(k.LastUsed))
}

// Used notes that a token was used. The first time is an event, with the detail.
func (k *Tokens) Used(ctx context.Context, tenant, keyID, detail string, at time.Time) error {
	return k.db.commit.do(ctx, locks{row: "3 " + tenant}, func(ctx context.Context, t *tx) error {
		n, err := t.affect(ctx, `UPDATE tokens SET last_used = $1 WHERE tenant = $2 AND key_id = $3 AND last_used = 0`,
			toMillis(at), tenant, keyID)
		if err != nil {
			return err
		}
		if n > 0 {
			t.note(event{tenant: tenant, kind: "token.first_used", actor: "token:" + keyID, detail: tokenDetail(keyID, detail)})
			return nil
		}
		return t.exec(ctx, `UPDATE tokens SET last_used = $1 WHERE tenant = $2 AND key_id = $3 AND last_used < $1`,
			toMillis(at), tenant, keyID)
	})
}

func scanToken(scan func(...any) error) (tenants.Token, error) {
	var t tenants.Token
	var status string
	var created, expires, overlap, used int64
	err := scan(&t.Tenant, &t.KeyID, &t.Slot, &status, &t.Hash, &created, &expires, &overlap, &used)
	t.Status, t.Created, t.Expires = tenants.Status(status), fromMillis(created), fromMillis(expires)
	t.Overlap, t.LastUsed = fromMillis(overlap), fromMillis(used)
	return t, err
}

func scanTokens(rows found) (tenants.TokenSet, error) {
	var set tenants.TokenSet
	err := eachRow(rows, func(scan func(...any) error) error {
		t, err := scanToken(scan)
		set = append(set, t)
		return err
	})
	return set, err
}

var _ tenants.TokenLookup = (*Tokens)(nil)
