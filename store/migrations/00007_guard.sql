-- +goose Up
-- The person's access was taken away, or there is no more of it to take.
ALTER TABLE links ADD COLUMN down BOOLEAN NOT NULL DEFAULT FALSE;
-- Waits for a person to decide, in the order of these numbers; 0 when it does not.
ALTER TABLE links ADD COLUMN staged BIGINT NOT NULL DEFAULT 0;
-- Until when the approval counts.
ALTER TABLE links ADD COLUMN approved_until BIGINT NOT NULL DEFAULT 0;
-- The version that a person has refused to carry out.
ALTER TABLE links ADD COLUMN rejected BIGINT NOT NULL DEFAULT 0;
CREATE INDEX links_staged ON links (tenant, target, staged) WHERE staged > 0;
UPDATE links SET down = TRUE WHERE type = 'User' AND vendor_id <> '' AND wanted = applied AND EXISTS
    (SELECT 1 FROM resources r WHERE r.tenant = links.tenant AND r.id = links.resource AND NOT r.active);
UPDATE links SET staged = 1 WHERE state = 'held' AND fault = 'confirm' AND wanted <> applied;

-- Removals that wait for a person, as links do.
ALTER TABLE awaiting ADD COLUMN staged BIGINT NOT NULL DEFAULT 0;
-- Until when a person has agreed to the removal; 0 when nobody has decided, -1 when it was refused.
ALTER TABLE awaiting ADD COLUMN agreed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX awaiting_staged ON awaiting (tenant, target, grp, staged) WHERE staged > 0;

-- Who was let through to lose access, each written before the call that takes it.
CREATE TABLE departures (
    tenant   TEXT   NOT NULL,
    target   TEXT   NOT NULL,
    grp      TEXT   NOT NULL, -- the group that lets a member go; '' when the account or the group itself goes
    resource TEXT   NOT NULL,
    type     TEXT   NOT NULL, -- the resource's
    at       BIGINT NOT NULL,
    PRIMARY KEY (tenant, target, grp, resource)
);
CREATE INDEX departures_at ON departures (tenant, target, grp, at);

-- What the deletion guard keeps of a target, and of a group at it.
CREATE TABLE holds (
    tenant  TEXT   NOT NULL,
    target  TEXT   NOT NULL,
    grp     TEXT   NOT NULL, -- '' for the target
    tripped BIGINT NOT NULL, -- since when everything destructive waits, 0 when the guard has not tripped
    opened  BIGINT NOT NULL, -- since when anything waits for a person
    number  BIGINT NOT NULL, -- of what was staged last
    PRIMARY KEY (tenant, target, grp)
);
INSERT INTO holds (tenant, target, grp, tripped, opened, number)
    SELECT tenant, target, '', 0, MAX(changed), 1 FROM links WHERE staged > 0 GROUP BY tenant, target;

-- +goose Down
DROP TABLE holds;
DROP TABLE departures;
DROP INDEX awaiting_staged;
DELETE FROM awaiting WHERE agreed <> 0;
UPDATE awaiting SET ready = TRUE WHERE staged > 0;
ALTER TABLE awaiting DROP COLUMN agreed;
ALTER TABLE awaiting DROP COLUMN staged;
DROP INDEX links_staged;
ALTER TABLE links DROP COLUMN rejected;
ALTER TABLE links DROP COLUMN approved_until;
ALTER TABLE links DROP COLUMN staged;
ALTER TABLE links DROP COLUMN down;
