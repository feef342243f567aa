package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"scimrelay/secrets"
	"scimrelay/store"
)

type secretsCommand struct {
	Status secretsStatusCommand `cmd:"" help:"Show which key each of the gateway's own secrets is sealed with."`
	Rotate secretsRotateCommand `cmd:"" help:"Seal all of the gateway's own secrets with the first of secrets.keys."`
}

// secretView is where one secret stands. Key is empty when it lies open.
type secretView struct {
	Name string `json:"name"`
	Kept string `json:"kept"`
	Key  string `json:"key"`
	Was  string `json:"was,omitempty"`
}

func (v secretView) String() string {
	key := "lies open"
	if v.Key != "" {
		key = "is sealed with key " + v.Key
	}
	switch v.Was {
	case "", v.Key:
	case openWord:
		key += ", and lay open"
	default:
		key += ", and was with key " + v.Was
	}
	return fmt.Sprintf("%s %s %s", v.Kept, v.Name, key)
}

// openWord stands for the key of a secret that has none.
const openWord = "none"

// secretsFlags are on every command about the gateway's own secrets.
type secretsFlags struct {
	configFlag
	JSON bool `help:"Print JSON." name:"json"`
}

// each opens the installation and goes through its secrets in the order of their names.
func (f secretsFlags) each(ctx context.Context, con console, do func(s *store.Store, v vault, name, value string) (secretView, error)) error {
	config, err := f.alone()
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, config.Store.URL.Reveal(), store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	v, err := openVault(config, s)
	if err != nil {
		return err
	}
	all, err := v.kept.All(ctx)
	if err != nil {
		return err
	}
	views := []secretView{}
	var failed []error
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !isOwnSecret(name) {
			continue
		}
		view, err := do(s, v, name, all[name])
		if err != nil {
			failed = append(failed, fmt.Errorf("%s %s: %w", v.kind, name, err))
			continue
		}
		views = append(views, view)
	}
	return errors.Join(append(failed, f.print(con, views))...)
}

func (f secretsFlags) print(con console, views []secretView) error {
	if f.JSON {
		return json.NewEncoder(con.out).Encode(views)
	}
	for _, v := range views {
		if _, err := fmt.Fprintln(con.out, v); err != nil {
			return err
		}
	}
	return nil
}

type secretsStatusCommand struct{ secretsFlags }

// Run shows the keys.
func (c secretsStatusCommand) Run(ctx context.Context, con console) error {
	return c.each(ctx, con, func(_ *store.Store, v vault, name, value string) (secretView, error) {
		key, _ := secrets.KeyOf(value)
		return secretView{Name: name, Kept: v.kind, Key: key}, nil
	})
}

type secretsRotateCommand struct {
	secretsFlags
	operatorFlags
}

// Run seals everything anew. A running gateway goes on with what it has read: the values are the
// same, only sealed with another key.
func (c secretsRotateCommand) Run(ctx context.Context, con console) error {
	return c.each(ctx, con, func(s *store.Store, v vault, name, value string) (secretView, error) {
		view := secretView{Name: name, Kept: v.kind, Key: v.ring.Current()}
		if v.ring.Empty() {
			return view, errors.New("there is no key to seal it with: set secrets.keys")
		}
		was, err := v.rotate(ctx, name, value)
		if err != nil || was == view.Key {
			view.Was = was
			return view, err
		}
		if view.Was = was; was == "" {
			view.Was = openWord
		}
		return view, s.Events.Append(ctx, store.Installation, store.Event{Kind: "secret.rotated", Actor: c.actor(),
			Detail: withReason(fmt.Sprintf("%s %s from key %s to %s", v.kind, name, view.Was, view.Key), c.Reason)})
	})
}

// withReason puts the operator's reason behind what was done.
func withReason(what, reason string) string {
	if reason == "" {
		return what
	}
	return what + ": " + reason
}
