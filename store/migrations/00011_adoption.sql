-- +goose Up
-- The version whose step may take an account that was there before, 0 when none may: as long as it
-- is wanted, what the account logs in with is left alone.
ALTER TABLE links ADD COLUMN adopted BIGINT NOT NULL DEFAULT 0;
-- A mark of the match key of the account the link holds or held last, '' when it is not known.
ALTER TABLE links ADD COLUMN vendor_key TEXT NOT NULL DEFAULT '';
-- The account the link held before, '' when none.
ALTER TABLE links ADD COLUMN former_id TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE links DROP COLUMN former_id;
ALTER TABLE links DROP COLUMN vendor_key;
ALTER TABLE links DROP COLUMN adopted;
