-- +goose Up
-- What the vendor was last brought to, as a digest: a change of settings that leaves it alone needs
-- no call.
ALTER TABLE links ADD COLUMN digest TEXT NOT NULL DEFAULT '';
-- Due only because the settings changed.
ALTER TABLE links ADD COLUMN recheck BOOLEAN NOT NULL DEFAULT FALSE;
-- The version a person has agreed to, where what it asks for needs that.
ALTER TABLE links ADD COLUMN approved BIGINT NOT NULL DEFAULT 0;
-- A group's link whose changes are changes of the group's members at the target.
ALTER TABLE links ADD COLUMN spreads BOOLEAN NOT NULL DEFAULT FALSE;
-- How often what the person's groups give has changed: a turn that began before ends no wait.
ALTER TABLE links ADD COLUMN touches BIGINT NOT NULL DEFAULT 0;
-- How far the links are marked for the settings: rechecking says that there are more.
ALTER TABLE targets ADD COLUMN rechecking BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE targets ADD COLUMN recheck_after TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE targets DROP COLUMN recheck_after;
ALTER TABLE targets DROP COLUMN rechecking;
ALTER TABLE links DROP COLUMN touches;
ALTER TABLE links DROP COLUMN spreads;
ALTER TABLE links DROP COLUMN approved;
ALTER TABLE links DROP COLUMN recheck;
ALTER TABLE links DROP COLUMN digest;
