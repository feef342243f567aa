package store

import (
	"context"
	"errors"
)

// Settings are values of the whole installation that every process must agree on.
type Settings struct{ db *database }

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
