package store

import (
	"context"
	"errors"
)

// Settings are values of the whole installation that every process must agree on.
type Settings struct{ db *database }

// Installation stands for a tenant in the events that are about no tenant but about all of the
// installation. No tenant can have the name.
const Installation = "_installation"

// Ensure returns the setting's value, storing the offered one if there is none yet. Whoever
// comes first decides, and everybody gets the same answer.
func (s *Settings) Ensure(ctx context.Context, name, offer string) (string, error) {
	var value string
	err := s.db.commit.do(ctx, locks{}, func(ctx context.Context, t *tx) error {
		if err := t.exec(ctx, `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING`, name, offer); err != nil {
			return err
		}
		return t.row(ctx, `SELECT value FROM settings WHERE name = $1`, []any{name}, &value)
	})
	if errors.Is(err, ErrNotFound) {
		return "", unavailable("read a setting", err)
	}
	if err != nil {
		return "", err
	}
	return value, nil
}

// All returns every setting by its name.
func (s *Settings) All(ctx context.Context) (map[string]string, error) {
	rows, err := s.db.read.QueryContext(ctx, `SELECT name, value FROM settings`)
	if err != nil {
		return nil, unavailable("read settings", err)
	}
	all := make(map[string]string)
	err = eachRow(rows, func(scan func(...any) error) error {
		var name, value string
		err := scan(&name, &value)
		all[name] = value
		return err
	})
	return all, unavailable("read settings", err)
}

// Replace puts a new value in the place of the old one. It returns ErrConflict when another
// process has changed the setting since it was read.
func (s *Settings) Replace(ctx context.Context, name, old, value string) error {
	return s.db.commit.do(ctx, locks{row: "5 " + name}, func(ctx context.Context, t *tx) error {
		n, err := t.affect(ctx, `UPDATE settings SET value = $1 WHERE name = $2 AND value = $3`, value, name, old)
		if err == nil && n == 0 {
			return ErrConflict
		}
		return err
	})
}
