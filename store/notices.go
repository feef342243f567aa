package store

import (
	"context"

	"github.com/google/uuid"

	"scimrelay/quarantine"
)

// Notice is something to tell a target's tenant and the operator. Of one series each kind and
// reason is told once.
type Notice struct {
	Tenant, Target string
	quarantine.Notice
}

// tell keeps a notice, in the transaction of what it tells of. One that was told already in its
// series is none.
func (t *tx) tell(ctx context.Context, n Notice) error {
	id, err := uuid.NewV7()
	if err != nil {
		return t.fail(err)
	}
	return t.exec(ctx, `INSERT INTO notices (tenant, id, target, kind, reason, series, detail, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		n.Tenant, id.String(), n.Target, string(n.Kind), n.Reason, toMillis(n.Series), n.Detail, t.now)
}
