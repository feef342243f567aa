-- +goose Up
-- The counts beside the notice were taken: they stay, wherever else it has to go.
ALTER TABLE notices ADD COLUMN counted BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE notices SET counted = spread;

-- +goose Down
ALTER TABLE notices DROP COLUMN counted;
