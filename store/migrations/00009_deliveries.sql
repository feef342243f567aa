-- +goose Up
-- How far each notice has come. An outlet is one address as one tenant's notices reach it; the
-- address itself stays in the tenant's file, and here is a digest of it.
ALTER TABLE notices ADD COLUMN spread BOOLEAN NOT NULL DEFAULT FALSE; -- its outlets have been told of it
ALTER TABLE notices ADD COLUMN links BIGINT NOT NULL DEFAULT 0;       -- of its target when it was spread
ALTER TABLE notices ADD COLUMN waiting BIGINT NOT NULL DEFAULT 0;     -- those not at their wanted version
CREATE INDEX notices_unspread ON notices (id) WHERE NOT spread;

CREATE TABLE outlets (
    tenant      TEXT   NOT NULL, -- '-' is the operator, who hears of all tenants
    channel     TEXT   NOT NULL, -- email or webhook
    address     TEXT   NOT NULL, -- a digest
    next_at     BIGINT NOT NULL, -- when it is to be sent something; the largest number is never
    quiet_until BIGINT NOT NULL, -- it has just been told something: nothing before
    claim       TEXT   NOT NULL, -- who is sending, empty is nobody
    until       BIGINT NOT NULL, -- the end of the claim
    message     TEXT   NOT NULL, -- the one being sent, empty is none
    begun       BIGINT NOT NULL, -- when that was first tried
    attempts    BIGINT NOT NULL, -- that failed
    disabled    BIGINT NOT NULL, -- when the receiver said that it is gone for good
    detail      TEXT   NOT NULL, -- what the latest failure was
    PRIMARY KEY (tenant, channel, address)
);
CREATE INDEX outlets_next ON outlets (next_at);
CREATE INDEX outlets_disabled ON outlets (tenant) WHERE disabled <> 0;

CREATE TABLE deliveries (
    tenant  TEXT   NOT NULL, -- of the outlet
    channel TEXT   NOT NULL,
    address TEXT   NOT NULL,
    about   TEXT   NOT NULL, -- the notice's tenant
    notice  TEXT   NOT NULL,
    message TEXT   NOT NULL, -- the message it goes with, empty until there is one
    state   TEXT   NOT NULL, -- waiting, delivered, given-up
    at      BIGINT NOT NULL, -- of the state
    PRIMARY KEY (tenant, channel, address, about, notice)
);
CREATE INDEX deliveries_waiting ON deliveries (tenant, channel, address, notice) WHERE state = 'waiting';

-- +goose Down
DROP TABLE deliveries;
DROP TABLE outlets;
DROP INDEX notices_unspread;
ALTER TABLE notices DROP COLUMN waiting;
ALTER TABLE notices DROP COLUMN links;
ALTER TABLE notices DROP COLUMN spread;
