-- +goose Up
-- Who waits for a vendor that is down for all, found by the vendor's host.
CREATE INDEX targets_incident ON targets (host) WHERE incident <> 0;

-- +goose Down
DROP INDEX targets_incident;
