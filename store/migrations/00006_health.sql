-- +goose Up
-- Health is changed only by compare-and-set on its version. The columns beside it repeat what has
-- to be found without reading every target's health.
ALTER TABLE targets ADD COLUMN health_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE targets ADD COLUMN phase TEXT NOT NULL DEFAULT '';
ALTER TABLE targets ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE targets ADD COLUMN look_at BIGINT NOT NULL DEFAULT 0; -- somebody has to, though no turn runs; 0 never
ALTER TABLE targets ADD COLUMN opened BIGINT NOT NULL DEFAULT 0; -- when it last went from work to rest
ALTER TABLE targets ADD COLUMN incident BIGINT NOT NULL DEFAULT 0; -- since when it waits for its vendor, 0 when it does not
ALTER TABLE targets ADD COLUMN host TEXT NOT NULL DEFAULT ''; -- the vendor's, as of its latest turn
ALTER TABLE targets ADD COLUMN worked BIGINT NOT NULL DEFAULT 0; -- when a link was last worked on
UPDATE targets SET phase = 'quarantined', look_at = CASE WHEN rest_until = 0 THEN 1 ELSE rest_until END
    WHERE health LIKE '%"phase":"quarantined"%' OR health LIKE '%"phase":"probing"%';
CREATE INDEX targets_look_at ON targets (look_at) WHERE look_at <> 0;
CREATE INDEX targets_host ON targets (host) WHERE host <> '';
CREATE INDEX targets_open ON targets (host) WHERE reason = 'unreachable';
-- When the link was last counted for its target's ratio, negative when it was refused.
ALTER TABLE links ADD COLUMN tried BIGINT NOT NULL DEFAULT 0;
CREATE INDEX links_set_aside ON links (tenant, target, state) WHERE state IN ('escrow', 'parked');
-- Vendors that are down for all.
CREATE TABLE incidents (
    host          TEXT   NOT NULL,
    began         BIGINT NOT NULL,
    ended         BIGINT NOT NULL, -- 0 while it lasts
    canary_tenant TEXT   NOT NULL, -- whose target asks for all
    canary_target TEXT   NOT NULL,
    PRIMARY KEY (host, began)
);
CREATE UNIQUE INDEX incidents_open ON incidents (host) WHERE ended = 0;

-- +goose Down
DROP TABLE incidents;
DROP INDEX links_set_aside;
ALTER TABLE links DROP COLUMN tried;
DROP INDEX targets_open;
DROP INDEX targets_host;
DROP INDEX targets_look_at;
ALTER TABLE targets DROP COLUMN worked;
ALTER TABLE targets DROP COLUMN host;
ALTER TABLE targets DROP COLUMN incident;
ALTER TABLE targets DROP COLUMN opened;
ALTER TABLE targets DROP COLUMN look_at;
ALTER TABLE targets DROP COLUMN reason;
ALTER TABLE targets DROP COLUMN phase;
ALTER TABLE targets DROP COLUMN health_version;
