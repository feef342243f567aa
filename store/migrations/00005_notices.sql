-- +goose Up
-- What a target's tenant and the operator are to be told. A notice is written with the change it
-- tells of, and sent afterwards.
CREATE TABLE notices (
    tenant TEXT   NOT NULL,
    id     TEXT   NOT NULL, -- these rise with time
    target TEXT   NOT NULL,
    kind   TEXT   NOT NULL,
    reason TEXT   NOT NULL,
    series BIGINT NOT NULL, -- when what it tells of began: of one series each is told once
    detail TEXT   NOT NULL, -- counts and reasons, nobody's data
    at     BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX notices_once ON notices (tenant, target, kind, reason, series);

-- +goose Down
DROP TABLE notices;
