package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"scimrelay/configs"
	"scimrelay/secrets"
	"scimrelay/store"
)

// kept is where the installation's own secrets are: the database that all processes share, or
// files beside a SQLite database.
type kept interface {
	// Ensure returns what is kept under the name, keeping the offer if there is nothing yet.
	Ensure(ctx context.Context, name, offer string) (string, error)
	All(ctx context.Context) (map[string]string, error)
	Replace(ctx context.Context, name, old, value string) error
}

// vault keeps the installation's own secrets, sealed when there are keys.
type vault struct {
	ring secrets.Ring
	kept kept
	kind string // of place: what is sealed for a setting does not open as a file
}

func openVault(c configs.Config, s *store.Store) (vault, error) {
	keys := make([]secrets.Key, len(c.Secrets.Keys))
	for i, k := range c.Secrets.Keys {
		keys[i] = secrets.Key{ID: k.ID, Secret: k.Key.Reveal()}
	}
	ring, err := secrets.NewRing(keys)
	if err != nil {
		return vault{}, err
	}
	if path, _, ok := c.Store.URL.SQLite(); ok {
		return vault{ring, keyFiles{filepath.Dir(path), syncFolder}, "file"}, nil
	}
	return vault{ring, s.Settings, "setting"}, nil
}

// shared reports that whoever reads the database reads the secrets too.
func (v vault) shared() bool { return v.kind == "setting" && v.ring.Empty() }

// ensure returns the secret of the name, keeping the offered one if there is none yet.
func (v vault) ensure(ctx context.Context, name, offer string) (string, error) {
	if !v.ring.Empty() {
		var err error
		if offer, err = v.ring.Seal(offer, v.kind, name); err != nil {
			return "", err
		}
	}
	value, err := v.kept.Ensure(ctx, name, offer)
	if err != nil {
		return "", err
	}
	key, sealed := secrets.KeyOf(value)
	switch {
	case !sealed && v.ring.Empty():
		return value, nil
	case !sealed:
		// Taking it would let whoever writes the database choose it.
		return "", fmt.Errorf("the %s %s lies open although secrets.keys is set: run scimrelay secrets rotate once", v.kind, name)
	case v.ring.Empty():
		return "", fmt.Errorf("the %s %s is sealed with key %q: set secrets.keys", v.kind, name, key)
	}
	value, err = v.ring.Open(value, v.kind, name)
	if err != nil {
		return "", fmt.Errorf("the %s %s: %w", v.kind, name, err)
	}
	return value, nil
}

// rotate brings what is kept under the name to the current key and returns the key it was
// sealed with, empty for none.
func (v vault) rotate(ctx context.Context, name, value string) (was string, err error) {
	was, sealed := secrets.KeyOf(value)
	if sealed && was == v.ring.Current() {
		_, err := v.ring.Open(value, v.kind, name) // else nobody hears before the next start
		return was, err
	}
	open := value
	if sealed {
		if open, err = v.ring.Open(value, v.kind, name); err != nil {
			return was, err
		}
	}
	fresh, err := v.ring.Seal(open, v.kind, name)
	if err != nil {
		return was, err
	}
	return was, v.kept.Replace(ctx, name, value, fresh)
}

// isOwnSecret reports whether the gateway keeps a secret of its own under the name. Other files of
// the folder and other settings are none of the vault's.
func isOwnSecret(name string) bool {
	return name == tokenKeyFile || name == tokenKeySetting || name == eventKey
}

// The names that the installation's own secrets are kept under.
const (
	tokenKeyFile    = "token.key"
	tokenKeySetting = "tokens.key"
	eventKey        = "events.key"
)

// keyFiles are secrets in files of a folder, each named for what it holds.
type keyFiles struct {
	dir string
	// sync makes the names in the folder last: without it a file may be gone after a power failure,
	// and with the key every token whose hash the database has kept.
	sync func(dir string) error
}

// Ensure implements kept.
func (f keyFiles) Ensure(_ context.Context, name, offer string) (string, error) {
	key, err := f.keyFile(filepath.Join(f.dir, name), offer)
	return string(key), err
}

// All implements kept.
func (f keyFiles) All(context.Context) (map[string]string, error) {
	paths, err := filepath.Glob(filepath.Join(f.dir, "*.key"))
	all := make(map[string]string)
	for _, path := range paths {
		name := filepath.Base(path)
		if !isOwnSecret(name) {
			continue
		}
		value, failed := os.ReadFile(path)
		err = errors.Join(err, failed)
		all[name] = string(value)
	}
	return all, err
}

// Replace implements kept.
func (f keyFiles) Replace(_ context.Context, name, old, value string) error {
	path := filepath.Join(f.dir, name)
	if now, err := os.ReadFile(path); err != nil || string(now) != old {
		return errors.Join(err, store.ErrConflict)
	}
	draft, err := writeDraft(f.dir, value)
	if err != nil {
		return fmt.Errorf("replace %s: %w", name, err)
	}
	return errors.Join(os.Rename(draft, path), f.sync(f.dir))
}

// keyFile reads the key, making it if there is none. Of two that make it at once the first to
// link its file decides, and the other makes sure of the name as well before it uses the key.
func (f keyFiles) keyFile(path, offer string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	draft, err := writeDraft(filepath.Dir(path), offer)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", filepath.Base(path), err)
	}
	defer os.Remove(draft)
	if err := os.Link(draft, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make %s: %w", filepath.Base(path), err)
	}
	if err := f.sync(f.dir); err != nil {
		return nil, fmt.Errorf("make %s: %w", filepath.Base(path), err)
	}
	return os.ReadFile(path)
}

// writeDraft writes a file that is not in its place yet, for its owner alone.
func writeDraft(dir, text string) (path string, err error) {
	draft, err := os.CreateTemp(dir, "draft-*.key") // 0600
	if err != nil {
		return "", err
	}
	_, err = draft.WriteString(text)
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return "", errors.Join(err, os.Remove(draft.Name()))
	}
	return draft.Name(), nil
}

func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
