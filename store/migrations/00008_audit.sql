-- +goose Up
-- What was done at the vendor, and to which account there.
ALTER TABLE events ADD COLUMN vendor_id TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN did TEXT NOT NULL DEFAULT '';

-- Events that no seal has yet, a row for each tenant of a transaction. It is written with them, so
-- that an event that is in neither was not written by the gateway.
CREATE TABLE unsealed (
    tenant TEXT  NOT NULL,
    id     TEXT  NOT NULL, -- of the first event
    more   BYTEA NOT NULL, -- the ids of the others, 16 bytes each
    PRIMARY KEY (tenant, id)
);
INSERT INTO unsealed (tenant, id, more) SELECT tenant, id, '' FROM events;

-- Each tenant's chain of seals. Rows are only ever added.
CREATE TABLE seals (
    tenant    TEXT   NOT NULL,
    seq       BIGINT NOT NULL, -- from 1 without a gap: whoever adds the next one seals
    sealed_at BIGINT NOT NULL,
    previous  BYTEA  NOT NULL, -- the hash of the seal before
    hash      BYTEA  NOT NULL,
    entries   BYTEA  NOT NULL, -- for each event in order its id and its hash, 16 and 32 bytes
    PRIMARY KEY (tenant, seq)
);
CREATE INDEX seals_sealed_at ON seals (sealed_at);

-- +goose Down
DROP TABLE seals;
DROP TABLE unsealed;
ALTER TABLE events DROP COLUMN did;
ALTER TABLE events DROP COLUMN vendor_id;
