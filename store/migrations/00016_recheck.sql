-- +goose Up
-- Whether the links that are still to be marked are compared with the vendor whatever is known of
-- them: whoever goes on with it may be another than who began.
ALTER TABLE targets ADD COLUMN recheck_whole BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX targets_rechecking ON targets (tenant, target) WHERE rechecking;

-- +goose Down
DROP INDEX targets_rechecking;
ALTER TABLE targets DROP COLUMN recheck_whole;
