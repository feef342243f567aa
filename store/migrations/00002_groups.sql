-- +goose Up
-- A resource's natural key is its name: a User's userName, a Group's displayName.
ALTER TABLE resources RENAME COLUMN user_name TO name;
DROP INDEX resources_user_name;
CREATE UNIQUE INDEX resources_name ON resources (tenant, type, name) WHERE NOT deleted;
-- Look-ups come in the order of ids. An index that holds them in it leaves no planner a reason to
-- go through the tenant in that order instead.
DROP INDEX resources_external_id;
DROP INDEX resources_work_mail;
CREATE INDEX resources_external_id ON resources (tenant, type, external_id, id) WHERE external_id <> '' AND NOT deleted;
CREATE INDEX resources_work_mail ON resources (tenant, type, work_mail, id) WHERE work_mail <> '' AND NOT deleted;
-- Groups are few among people: a list of them must not pass everybody.
CREATE INDEX resources_groups ON resources (tenant, id) WHERE type = 'Group' AND NOT deleted;
-- What the tenant wants unique beside it.
ALTER TABLE resources ADD COLUMN match_key TEXT NOT NULL DEFAULT ''; -- '' when there is none
CREATE UNIQUE INDEX resources_match_key ON resources (tenant, type, match_key) WHERE match_key <> '' AND NOT deleted;

CREATE TABLE memberships (
    tenant  TEXT    NOT NULL,
    grp     TEXT    NOT NULL,
    member  TEXT    NOT NULL,
    type    TEXT    NOT NULL, -- the member's
    version BIGINT  NOT NULL, -- of the group, when the row last changed
    present BOOLEAN NOT NULL, -- FALSE until every link of the group has passed the removal
    PRIMARY KEY (tenant, grp, member)
);
-- The expression keeps planners from looking one member up here: PostgreSQL would, while it has no
-- statistics of a group that has just grown, and go through the whole of it.
CREATE INDEX memberships_changed ON memberships (tenant, (grp || ''), version, member);
CREATE INDEX memberships_member ON memberships (tenant, member, grp) WHERE present;
CREATE INDEX memberships_nested ON memberships (tenant, grp) WHERE present AND type = 'Group';
CREATE INDEX memberships_removed ON memberships (tenant, grp, version, member) WHERE NOT present;
CREATE INDEX memberships_leaver ON memberships (tenant, member) WHERE NOT present;

ALTER TABLE links ADD COLUMN type TEXT NOT NULL DEFAULT 'User';
-- How far a group's link is with the memberships: those behind (since, since_member) are to be done.
ALTER TABLE links ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN since_member TEXT NOT NULL DEFAULT '';
-- A leaver's link, with nothing left to do, that stays until the groups have let go.
ALTER TABLE links ADD COLUMN kept BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX links_kept ON links (tenant, target, resource) WHERE kept;
-- A vendor's user 1 and group 1 are two things.
DROP INDEX links_vendor_id;
CREATE UNIQUE INDEX links_vendor_id ON links (tenant, target, type, vendor_id) WHERE vendor_id <> '';

-- Members that a group's link has passed and the vendor's group lacks.
CREATE TABLE awaiting (
    tenant TEXT    NOT NULL,
    target TEXT    NOT NULL,
    grp    TEXT    NOT NULL,
    member TEXT    NOT NULL,
    ready  BOOLEAN NOT NULL, -- the member has an account now: to be sent
    tried  BIGINT  NOT NULL, -- when the vendor refused the member last; 1 when it refused a call with others; else 0
    PRIMARY KEY (tenant, target, grp, member)
);
CREATE INDEX awaiting_member ON awaiting (tenant, target, member);
CREATE INDEX awaiting_ready ON awaiting (tenant, target, grp, tried, member) WHERE ready;

-- +goose Down
DELETE FROM links WHERE type = 'Group';
DROP TABLE awaiting;
DROP INDEX links_vendor_id;
CREATE UNIQUE INDEX links_vendor_id ON links (tenant, target, vendor_id) WHERE vendor_id <> '';
DROP INDEX links_kept;
ALTER TABLE links DROP COLUMN kept;
ALTER TABLE links DROP COLUMN since_member;
ALTER TABLE links DROP COLUMN since;
ALTER TABLE links DROP COLUMN type;
DROP TABLE memberships;
DROP INDEX resources_groups;
DROP INDEX resources_external_id;
DROP INDEX resources_work_mail;
CREATE INDEX resources_external_id ON resources (tenant, type, external_id) WHERE external_id <> '' AND NOT deleted;
CREATE INDEX resources_work_mail ON resources (tenant, type, work_mail) WHERE work_mail <> '' AND NOT deleted;
DROP INDEX resources_match_key;
ALTER TABLE resources DROP COLUMN match_key;
DROP INDEX resources_name;
ALTER TABLE resources RENAME COLUMN name TO user_name;
CREATE UNIQUE INDEX resources_user_name ON resources (tenant, type, user_name) WHERE NOT deleted;
