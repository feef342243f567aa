-- +goose Up
-- Since when the link has been failing, 0 when it has not: after an hour it is tried ever more
-- rarely, and after four weeks no more by itself.
ALTER TABLE links ADD COLUMN failing BIGINT NOT NULL DEFAULT 0;
-- Since when the vendor has had no seat for somebody, 0 when it has: the tenant is told once.
ALTER TABLE targets ADD COLUMN seats_since BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE targets DROP COLUMN seats_since;
ALTER TABLE links DROP COLUMN failing;
