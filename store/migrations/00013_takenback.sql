-- +goose Up
-- Who has been told of a notice.
CREATE INDEX deliveries_notice ON deliveries (about, notice);
-- Notices were taken back from messages already made, which went out without them.
DELETE FROM deliveries WHERE NOT EXISTS
    (SELECT 1 FROM notices n WHERE n.tenant = deliveries.about AND n.id = deliveries.notice);
UPDATE outlets SET message = '', attempts = 0 WHERE message <> '' AND NOT EXISTS
    (SELECT 1 FROM deliveries d WHERE d.tenant = outlets.tenant AND d.channel = outlets.channel
        AND d.address = outlets.address AND d.message = outlets.message);

-- +goose Down
DROP INDEX deliveries_notice;
