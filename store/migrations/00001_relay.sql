-- +goose Up
-- Times are milliseconds since 1970 in UTC: the one form that both engines store and compare alike.

CREATE TABLE resources (
    tenant      TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    type        TEXT    NOT NULL,
    version     BIGINT  NOT NULL,
    created     BIGINT  NOT NULL,
    modified    BIGINT  NOT NULL,
    deleted     BOOLEAN NOT NULL,
    active      BOOLEAN NOT NULL,
    user_name   TEXT    NOT NULL, -- folded by scim/schema
    external_id TEXT    NOT NULL, -- exact, '' when absent
    work_mail   TEXT    NOT NULL, -- folded, '' when absent
    body        TEXT    NOT NULL,
    PRIMARY KEY (tenant, id)
);
-- A deleted person's name is free at once, while the row lives until every vendor has heard.
CREATE UNIQUE INDEX resources_user_name ON resources (tenant, type, user_name) WHERE NOT deleted;
CREATE INDEX resources_external_id ON resources (tenant, type, external_id) WHERE external_id <> '' AND NOT deleted;
CREATE INDEX resources_work_mail ON resources (tenant, type, work_mail) WHERE work_mail <> '' AND NOT deleted;

CREATE TABLE links (
    tenant     TEXT    NOT NULL,
    resource   TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    generation BIGINT  NOT NULL, -- rises when the vendor's account is another one
    wanted     BIGINT  NOT NULL,
    applied    BIGINT  NOT NULL,
    urgency    BIGINT  NOT NULL, -- 0 deactivate, 1 delete, 2 update, 3 create
    vendor_id  TEXT    NOT NULL, -- '' until the account is known
    state      TEXT    NOT NULL, -- why it waits, '' when it does not
    fault      TEXT    NOT NULL,
    detail     TEXT    NOT NULL,
    attempts   BIGINT  NOT NULL,
    next_at    BIGINT  NOT NULL,
    waits_for  TEXT    NOT NULL, -- the resource a parked link waits for
    intent     BIGINT  NOT NULL, -- since when a create may have happened that is not known of, 0 when none
    intent_key TEXT    NOT NULL, -- the match key it went out with
    negatives  BIGINT  NOT NULL, -- searches since then that found nothing
    trace      TEXT    NOT NULL, -- W3C traceparent of the last accepted write
    changed    BIGINT  NOT NULL,
    PRIMARY KEY (tenant, resource, target),
    FOREIGN KEY (tenant, resource) REFERENCES resources (tenant, id)
);
-- The work list. There is no other.
CREATE INDEX links_due ON links (tenant, target, urgency, next_at) WHERE wanted <> applied;
CREATE UNIQUE INDEX links_vendor_id ON links (tenant, target, vendor_id) WHERE vendor_id <> '';
CREATE INDEX links_waits_for ON links (tenant, target, waits_for) WHERE waits_for <> '';

CREATE TABLE targets (
    tenant     TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    owner      TEXT    NOT NULL, -- '' when no turn runs
    until      BIGINT  NOT NULL,
    fence      BIGINT  NOT NULL,
    rest_until BIGINT  NOT NULL, -- no turn before then
    paused     BOOLEAN NOT NULL,
    seeds      BIGINT  NOT NULL, -- how often missing links were made
    seeded_at  BIGINT  NOT NULL,
    settings   TEXT    NOT NULL, -- fingerprint of the settings that links were last tried with
    health     TEXT    NOT NULL, -- quarantine.State as JSON
    PRIMARY KEY (tenant, target)
);

CREATE TABLE tokens (
    tenant    TEXT   NOT NULL,
    key_id    TEXT   NOT NULL PRIMARY KEY,
    slot      BIGINT NOT NULL,
    status    TEXT   NOT NULL,
    hash      BYTEA  NOT NULL,
    created   BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    overlap   BIGINT NOT NULL, -- end of the overlap after a renewal, 0 when none
    last_used BIGINT NOT NULL
);
-- Two concurrent creates cannot make a third active token.
CREATE UNIQUE INDEX tokens_slot ON tokens (tenant, slot) WHERE status = 'active';

CREATE TABLE events (
    tenant   TEXT   NOT NULL,
    id       TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    kind     TEXT   NOT NULL,
    actor    TEXT   NOT NULL,
    resource TEXT   NOT NULL,
    target   TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    fault    TEXT   NOT NULL,
    detail   TEXT   NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- +goose Down
DROP TABLE settings;
DROP TABLE events;
DROP TABLE tokens;
DROP TABLE targets;
DROP TABLE links;
DROP TABLE resources;
