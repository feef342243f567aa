package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"scimrelay/store"
	"scimrelay/tenants"
)

type tokenCommand struct {
	Create     tokenCreateCommand     `cmd:"" help:"Create a token and print its secret, this once."`
	List       tokenListCommand       `cmd:"" help:"List a tenant's tokens."`
	Activate   tokenActivateCommand   `cmd:"" help:"Bring an inactive token back."`
	Deactivate tokenDeactivateCommand `cmd:"" help:"Take a token out of use."`
	Renew      tokenRenewCommand      `cmd:"" help:"Put a new token in the place of an old one and print its secret, this once."`
	Delete     tokenDeleteCommand     `cmd:"" help:"End a token for good."`
}

// tokenFlags are on every token command.
type tokenFlags struct {
	configFlag
	Tenant string `help:"The tenant." required:"" placeholder:"ID"`
	JSON   bool   `help:"Print JSON." name:"json"`
}

// tokenID names an existing token.
type tokenID struct {
	ID string `arg:"" help:"The token's id, as list prints it."`
}

// tokenView is a token as printed.
type tokenView struct {
	ID       string     `json:"id"`
	Tenant   string     `json:"tenant"`
	Status   string     `json:"status"`
	Secret   string     `json:"secret,omitempty"`
	Created  time.Time  `json:"created"`
	Expires  *time.Time `json:"expires,omitempty"`
	LastUsed *time.Time `json:"last_used,omitempty"`
}

func view(t tenants.Token, now time.Time) tokenView {
	v := tokenView{ID: t.KeyID, Tenant: t.Tenant, Status: string(t.StatusAt(now)), Created: t.Created}
	if end := t.End(); !end.IsZero() {
		v.Expires = &end
	}
	if !t.LastUsed.IsZero() {
		v.LastUsed = &t.LastUsed
	}
	return v
}

// tokenDesk is an open installation for one token command.
type tokenDesk struct {
	flags  tokenFlags
	store  *store.Store
	hasher tenants.Hasher
	client string // whose identity provider the tokens are for
}

// open works with the server running or not: both write to the same store, and a change is
// seen by a running server within a second.
func (f tokenFlags) open(ctx context.Context, con console) (*tokenDesk, error) {
	in, _, err := f.loadFor(con, f.Tenant)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, in.config.Store.URL.Reveal(), store.Options{})
	if err != nil {
		return nil, err
	}
	hasher, err := tokenHasher(ctx, in.config, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &tokenDesk{flags: f, store: s, hasher: hasher, client: clientOf(in.tenants, f.Tenant)}, nil
}

// change applies one change and prints the token it is about, with the secret of a new one.
func (d *tokenDesk) change(ctx context.Context, con console, by operatorFlags, kind, keyID, secret string, apply func(tenants.TokenSet, time.Time) (tenants.TokenSet, error)) error {
	err := d.store.Tokens.Change(ctx, store.TokenChange{Tenant: d.flags.Tenant, Actor: by.actor(), Kind: kind, KeyID: keyID,
		Detail: withReason(d.client, by.Reason), Apply: apply})
	if err != nil {
		return err
	}
	set, err := d.store.Tokens.List(ctx, d.flags.Tenant)
	if err != nil {
		return err
	}
	for _, t := range set {
		if t.KeyID == keyID {
			v := view(t, d.store.Now())
			v.Secret = secret
			return d.flags.print(con.out, v)
		}
	}
	return tenants.ErrNoToken
}

func (f tokenFlags) print(out io.Writer, v tokenView) error {
	if f.JSON {
		return json.NewEncoder(out).Encode(v)
	}
	_, err := fmt.Fprintf(out, "token %s of tenant %s is %s\n", v.ID, v.Tenant, v.Status)
	if v.Secret != "" {
		_, err = fmt.Fprintf(out, "secret, shown only now: %s\n", v.Secret)
	}
	return err
}

type tokenCreateCommand struct {
	tokenFlags
	operatorFlags
}

// Run creates a token.
func (c tokenCreateCommand) Run(ctx context.Context, con console) error {
	return c.issue(ctx, con, c.operatorFlags, "token.created", func(set tenants.TokenSet, fresh tenants.Token, now time.Time) (tenants.TokenSet, error) {
		return set.Create(fresh, now)
	})
}

// issue makes a token and puts it where place says.
func (f tokenFlags) issue(ctx context.Context, con console, by operatorFlags, kind string, place func(tenants.TokenSet, tenants.Token, time.Time) (tenants.TokenSet, error)) error {
	desk, err := f.open(ctx, con)
	if err != nil {
		return err
	}
	defer desk.store.Close()
	fresh, secret, err := desk.hasher.Issue(rand.Reader, f.Tenant, desk.store.Now())
	if err != nil {
		return err
	}
	return desk.change(ctx, con, by, kind, fresh.KeyID, secret, func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error) {
		return place(set, fresh, now)
	})
}

type tokenRenewCommand struct {
	tokenStep
	Overlap time.Duration `help:"How long the old token lives on, up to 72h." default:"24h"`
}

// Run renews a token.
func (c tokenRenewCommand) Run(ctx context.Context, con console) error {
	return c.issue(ctx, con, c.operatorFlags, "token.renewed", func(set tenants.TokenSet, fresh tenants.Token, now time.Time) (tenants.TokenSet, error) {
		return set.Renew(c.ID, fresh, c.Overlap, now)
	})
}

// tokenStep is a command that moves one token on in its life.
type tokenStep struct {
	tokenFlags
	operatorFlags
	tokenID
}

func (c tokenStep) take(ctx context.Context, con console, kind string, step func(tenants.TokenSet, string, time.Time) (tenants.TokenSet, error)) error {
	desk, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer desk.store.Close()
	return desk.change(ctx, con, c.operatorFlags, kind, c.ID, "", func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error) {
		return step(set, c.ID, now)
	})
}

type tokenActivateCommand struct{ tokenStep }

// Run activates a token.
func (c tokenActivateCommand) Run(ctx context.Context, con console) error {
	return c.take(ctx, con, "token.activated", tenants.TokenSet.Activate)
}

type tokenDeactivateCommand struct{ tokenStep }

// Run deactivates a token.
func (c tokenDeactivateCommand) Run(ctx context.Context, con console) error {
	return c.take(ctx, con, "token.deactivated", tenants.TokenSet.Deactivate)
}

type tokenDeleteCommand struct{ tokenStep }

// Run deletes a token.
func (c tokenDeleteCommand) Run(ctx context.Context, con console) error {
	return c.take(ctx, con, "token.deleted", tenants.TokenSet.Delete)
}

type tokenListCommand struct{ tokenFlags }

// Run lists the tokens, deleted ones last known included.
func (c tokenListCommand) Run(ctx context.Context, con console) error {
	desk, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer desk.store.Close()
	set, err := desk.store.Tokens.List(ctx, c.Tenant)
	if err != nil {
		return err
	}
	views := make([]tokenView, len(set))
	for i, t := range set {
		views[i] = view(t, desk.store.Now())
	}
	if c.JSON {
		return json.NewEncoder(con.out).Encode(views)
	}
	table := tabwriter.NewWriter(con.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join([]string{"ID", "STATUS", "CREATED", "EXPIRES", "LAST USED"}, "\t"))
	for _, v := range views {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", v.ID, v.Status, day(&v.Created), day(v.Expires), day(v.LastUsed))
	}
	return table.Flush()
}

func day(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Format(time.DateTime)
}
