-- +goose Up
-- Writes whose clients hear later how they ended at the vendors.
CREATE TABLE transactions (
    tenant   TEXT   NOT NULL,
    client   TEXT   NOT NULL, -- the credential that asked
    jti      TEXT   NOT NULL, -- of the event that will say it; these ids rise with time
    txn      TEXT   NOT NULL, -- what the client was told
    resource TEXT   NOT NULL,
    type     TEXT   NOT NULL,
    method   TEXT   NOT NULL,
    version  BIGINT NOT NULL, -- what every link has to come to
    status   BIGINT NOT NULL, -- of the answer when they have
    created  BIGINT NOT NULL,
    settled  BIGINT NOT NULL, -- when it was decided how it ended, 0 before
    fault    TEXT   NOT NULL, -- why it failed, '' when it did not
    detail   TEXT   NOT NULL,
    PRIMARY KEY (tenant, client, jti)
);
CREATE INDEX transactions_created ON transactions (tenant, created);
CREATE INDEX transactions_settled ON transactions (tenant, client, jti) WHERE settled <> 0;

-- +goose Down
DROP TABLE transactions;
