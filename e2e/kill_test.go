package e2e_test

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"scimrelay/internal/board"
	"scimrelay/internal/services"
)

// butchery is an installation whose processes are killed while clients write.
type butchery struct {
	*installation
	vendor *vendor
	client *client
	ledger *ledger
	random *rand.Rand
	stop   chan struct{}
	all    sync.WaitGroup
	begun  time.Time
	deaths int
}

const killWriters = 8

// open starts the writers. Whoever serves must do so by then.
func (b *butchery) open(t *testing.T) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	b.random, b.stop, b.begun = rand.New(rand.NewPCG(1, seed)), make(chan struct{}), time.Now()
	b.ledger = &ledger{people: map[string]*entry{}}
	for w := range killWriters {
		b.all.Go(func() { b.ledger.writer(b.client, w, b.stop) })
	}
}

// pause lets between 50 and 800 ms pass.
func (b *butchery) pause() {
	wait := time.NewTimer(50*time.Millisecond + time.Duration(b.random.Int64N(int64(750*time.Millisecond))))
	<-wait.C
}

// goesOn reports that there is another death to die: so many at least, and until so many writes have
// been acknowledged. What was acknowledged was so among deaths.
func (b *butchery) goesOn(deaths, acks int) bool {
	enough := b.deaths >= deaths && b.ledger.acknowledged() >= acks
	if enough || time.Since(b.begun) > 15*time.Minute {
		return false
	}
	b.deaths++
	b.pause()
	return true
}

// close ends the writers and waits until the vendor has what was acknowledged.
func (b *butchery) close(t *testing.T) {
	t.Helper()
	close(b.stop)
	b.all.Wait()
	took := time.Since(b.begun)
	truth := b.ledger.settled(t, b.client)
	t.Logf("%d acknowledged writes in %v, %d people", b.ledger.acks, took.Round(time.Millisecond), len(truth))
	var wrong []string
	waited := time.Now()
	defer func() {
		if t.Failed() {
			t.Logf("%d wrong: %v", len(wrong), wrong[:min(len(wrong), 20)])
			out, _, _ := command(t, "tenant", "status", "t0", "--config", b.config)
			t.Log(out)
		}
	}()
	enough := 120*time.Second + 5*time.Millisecond*time.Duration(b.ledger.acks) // there may be much to do
	eventually(t, enough, "the vendor has what was acknowledged", func() bool {
		wrong = compare(truth, b.vendor.accounts(t))
		return len(wrong) == 0
	})
	t.Logf("the vendor equals the directory %v after the last write", time.Since(waited).Round(time.Millisecond))
}

func slaughterhouse(t *testing.T, storeURL, queueURL string) *butchery {
	t.Helper()
	b := &butchery{vendor: startVendor(t)}
	b.installation = install(t, storeURL, queueURL, b.vendor)
	b.client = b.installation.client(t, "t0")
	return b
}

// kills is how often a process is killed: twenty times with every push, a hundred at night.
func kills() int {
	if board.IsNightly() {
		return 100
	}
	return 20
}

// leastAcks is how many acknowledged writes make a run one that proves something.
func leastAcks() int {
	if board.IsNightly() {
		return 10_000
	}
	return 1000
}

// C01, C02 on the embedded default: gateway and worker are one process, killed at any moment under
// load; every acknowledged write is there and at the vendor, nobody has two accounts, and nobody
// had to help.
func TestKilledAgainAndAgainNothingIsLostAndNobodyDoubled(t *testing.T) {
	t.Parallel()
	check := board.Begin(t, "C02")
	b := slaughterhouse(t, "", "inprocess")
	p := b.serve(t)
	b.open(t)
	for b.goesOn(kills(), leastAcks()) {
		p.kill()
		p = b.serve(t)
	}
	b.close(t)
	check.Work("kills of the embedded process", b.deaths, kills())
	check.Work("acknowledged writes", b.ledger.acks, leastAcks())
}

// C01 in a cluster: PostgreSQL, Redis, two gateways' worth of writes and two workers of which one
// is always being killed.
func TestWorkersKilledAgainAndAgainInACluster(t *testing.T) {
	t.Parallel()
	check := board.Begin(t, "C01")
	b := slaughterhouse(t, databases.New(t), services.NewRedis(t).URL())
	b.serve(t, "--role", "gateway")
	workers := []*process{b.worker(t), b.worker(t)}
	b.open(t)
	for b.goesOn(kills(), leastAcks()) {
		workers[b.deaths%2].kill()
		workers[b.deaths%2] = b.worker(t)
	}
	b.close(t)
	check.Work("kills of workers", b.deaths, kills())
	check.Work("acknowledged writes", b.ledger.acks, leastAcks())
}

// C05: gateway, worker, Redis without persistence and PostgreSQL die together, again and again,
// and a cold start converges without anybody's help.
func TestEverythingDiesTogether(t *testing.T) {
	board.OnlyNightly(t)
	check := board.Begin(t, "C05")
	const deaths = 20
	redis, postgres := services.NewRedis(t), services.NewPostgres(t)
	b := slaughterhouse(t, postgres.URL(), redis.URL())
	both := []*process{b.serve(t, "--role", "gateway"), b.worker(t)}
	b.open(t)
	for b.goesOn(deaths, leastAcks()/2) {
		for _, p := range both {
			p.kill()
		}
		redis.Kill()
		postgres.Kill(t)
		postgres.Start(t)
		redis.Start(t)
		both = []*process{b.serve(t, "--role", "gateway"), b.worker(t)}
	}
	b.close(t)
	check.Work("deaths of everything", b.deaths, deaths)
	check.Work("acknowledged writes", b.ledger.acks, leastAcks()/2)
	if status, _, _ := b.client.do(http.MethodGet, "/ServiceProviderConfig", ""); status != http.StatusOK {
		t.Errorf("afterwards: %d", status)
	}
}
