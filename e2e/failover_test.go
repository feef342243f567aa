package e2e_test

import (
	"testing"

	"scimrelay/internal/board"
	"scimrelay/internal/services"
)

// S40: the primary is killed under load and its synchronous standby promoted. Nothing that was
// acknowledged is lost, and nobody gets a 401 or a 404 meanwhile. What an asynchronous standby costs
// is in docs/reliability.md, for it cannot hold.
func TestAPrimaryIsLostAndItsStandbyTakesOver(t *testing.T) {
	board.OnlyNightly(t)
	check := board.Begin(t, "S40")
	primary := services.NewPostgres(t)
	standby := primary.Standby(t, true)
	b := slaughterhouse(t, primary.Both(standby), services.NewRedis(t).URL())
	b.serve(t, "--role", "gateway")
	b.worker(t)
	b.open(t)
	eventuallyAcks(t, b.ledger, 500)
	primary.Kill(t)
	standby.Promote(t)
	eventuallyAcks(t, b.ledger, 1500)
	b.close(t)
	check.Work("acknowledged writes around the failover", b.ledger.acks, 1500)
	for status, n := range b.ledger.refusals() {
		if status == 401 || status == 404 {
			t.Errorf("%d answers of %d meanwhile", n, status)
		}
	}
}
