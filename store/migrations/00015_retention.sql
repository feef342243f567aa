-- +goose Up
-- What is old enough to be forgotten.
CREATE INDEX notices_at ON notices (at);
CREATE INDEX departures_old ON departures (at);

-- +goose Down
DROP INDEX departures_old;
DROP INDEX notices_at;
