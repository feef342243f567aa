package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"scimrelay/internal/services"
)

// A process that is stopped in the middle of a transaction holds the rows it has locked: the server
// takes them back, or nobody else would get the target's lease. When the process goes on it has
// written nothing, and the next it writes is on a connection that works.
func TestATransactionThatStandsStillIsTakenBack(t *testing.T) {
	t.Parallel()
	pg := services.NewPostgres(t)
	stopped, other := openServer(t, pg.URL(), time.Minute), openServer(t, pg.URL(), time.Minute)
	lease, _, err := stopped.Targets.Acquire(t.Context(), "acme", "sage", "w1", time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	standing, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- stopped.db.commit.do(context.Background(), lockTarget("acme", "sage"), func(ctx context.Context, t *tx) error {
			if err := t.exec(ctx, `UPDATE targets SET owner = 'stopped' WHERE tenant = $1 AND target = $2`, lease.Tenant, lease.Target); err != nil {
				return err
			}
			close(standing)
			<-goOn
			return nil
		})
	}()
	<-standing
	if _, _, err := other.Targets.Acquire(t.Context(), "acme", "sage", "w2", time.Minute); err != nil {
		t.Errorf("the lease of a process that stands still: %v", err)
	}
	close(goOn)
	if err := <-ended; !errors.Is(err, ErrUnavailable) {
		t.Errorf("what was taken back is said to be written: %v", err)
	}
	if err := createUser(stopped, "ana"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
