package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/internal/board"

	"scimrelay/internal/services"
)

// happening is a line of audit export.
type happening struct {
	Kind     string `json:"kind"`
	Actor    string `json:"actor"`
	Resource string `json:"resource"`
	Version  int64  `json:"version"`
	VendorID string `json:"vendor_id"`
	Did      string `json:"did"`
	Detail   string `json:"detail"`
}

func (i *installation) audit(t *testing.T, tenant string) (all []happening) {
	t.Helper()
	out, errs, code := command(t, "audit", "export", "--tenant", tenant, "--config", i.config)
	if code != 0 {
		t.Fatalf("audit export: exit code %d: %s", code, errs)
	}
	lines := bufio.NewScanner(strings.NewReader(out))
	for lines.Scan() {
		var h happening
		if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
			t.Fatal(err)
		}
		all = append(all, h)
	}
	return all
}

// verified checks the audit against its anchors.
func (i *installation) verified(t *testing.T) string {
	t.Helper()
	out, errs, code := command(t, "audit", "verify", "--config", i.config)
	if code != 0 {
		t.Fatalf("audit verify: exit code %d: %s%s", code, out, errs)
	}
	return out
}

// onEachPlant runs the test on one process with a file, and on PostgreSQL with Redis.
func onEachPlant(t *testing.T, test func(t *testing.T, storeURL, queueURL string)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) { test(t, "", "inprocess") })
	t.Run("cluster", func(t *testing.T) { test(t, databases.New(t), services.NewRedis(t).URL()) })
}

// more appends to the installation's configuration.
func (i *installation) more(t *testing.T, text string) {
	t.Helper()
	old, err := os.ReadFile(i.config)
	if err != nil {
		t.Fatal(err)
	}
	write(t, i.config, string(old)+text)
}

// C02, P17: killed at any moment, the chain holds and goes on; every acknowledged write has its
// row, and so has every account.
func TestKilledAtAnyMomentTheAuditHolds(t *testing.T) {
	t.Parallel()
	board.Begin(t, "C02")
	onEachPlant(t, func(t *testing.T, storeURL, queueURL string) {
		const kills, writers, least = 6, 4, 200
		v := startVendor(t)
		i := install(t, storeURL, queueURL, v)
		i.more(t, "audit: {anchors: anchors.jsonl}\n")
		c := i.client(t, "t0")
		l := &ledger{people: map[string]*entry{}}
		stop := make(chan struct{})
		var all sync.WaitGroup
		p := i.serve(t)
		for w := range writers {
			all.Go(func() { l.writer(c, w, stop) })
		}
		for range kills {
			<-time.NewTimer(100*time.Millisecond + rand.N(1500*time.Millisecond)).C
			p.kill()
			i.verified(t)
			p = i.serve(t)
		}
		eventually(t, 120*time.Second, "there was enough work", func() bool {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.acks >= least
		})
		close(stop)
		all.Wait()
		truth := l.settled(t, c)
		eventually(t, 120*time.Second, "the vendor has what was acknowledged", func() bool { return len(compare(truth, v.accounts(t))) == 0 })
		if err := p.end(t); err != nil {
			t.Error(err)
		}
		if out := i.verified(t); !strings.Contains(out, "0 events not sealed yet") || strings.Contains(out, " 0 anchored") {
			t.Errorf("after the process has left: %s", out)
		}
		l.audited(t, i.audit(t, "t0"), v.accounts(t))
	})
}

// audited holds the audit against what was acknowledged and what the vendor has.
func (l *ledger) audited(t *testing.T, events []happening, accounts []account) {
	t.Helper()
	versions, made, accepted := map[string]int64{}, map[string]bool{}, 0
	for _, e := range events {
		if strings.HasPrefix(e.Kind, "resource.") {
			accepted++
			versions[e.Resource] = max(versions[e.Resource], e.Version)
			if !strings.HasPrefix(e.Actor, "token:") {
				t.Errorf("%+v has no actor", e)
			}
		}
		if e.VendorID != "" {
			made[e.VendorID] = true
		}
	}
	sum := int64(0)
	for _, v := range versions {
		sum += v
	}
	if accepted < l.acks || sum != int64(accepted) { // versions rise by one with each accepted write
		t.Errorf("%d acknowledged, %d events of accepted writes, whose versions add up to %d", l.acks, accepted, sum)
	}
	for mail, e := range l.people {
		if e.certain && versions[e.id] == 0 {
			t.Errorf("%s was acknowledged and is not in the audit", mail)
		}
	}
	for _, a := range accounts {
		if !made[a.ID] {
			t.Errorf("the account %s is not in the audit", a.ID)
		}
	}
	t.Logf("%d acknowledged writes, %d events, %d accounts", l.acks, len(events), len(accounts))
}

// X57, P19: what is secret is nowhere but where it belongs, at the most talkative level of the
// log; people's names are in their resources and nowhere else.
func TestNoSecretLeavesItsPlace(t *testing.T) {
	t.Parallel()
	searched := board.Begin(t, "X57").Sum("bytes searched for marks", 50_000)
	onEachPlant(t, func(t *testing.T, storeURL, queueURL string) {
		v := startVendor(t)
		i := install(t, storeURL, queueURL, v)
		master := filepath.Join(i.dir, "master.key")
		const masterKey = "canary-master-key-7f3e9a1c5d2b4860"
		write(t, master, masterKey)
		i.more(t, fmt.Sprintf("log: {level: debug}\naudit: {anchors: anchors.jsonl, key: \"${file:%[1]s}\"}\nsecrets: {keys: [{id: k1, key: \"${file:%[1]s}\"}]}\n", master))
		tok, code := i.tokenCommand(t, "create", "t0", "--reason", "canary")
		if code != 0 {
			t.Fatal("no token")
		}
		secret := canaries{"token": tok.Secret, "master key": masterKey, "password": "canary-Passw0rd-of-ana"}
		secret.vendors(t, filepath.Join(v.tenants, "secrets"))
		personal := canaries{"name": "Canaryfamily", "mail": "canary.ana@acme.example", "phone": "+33 1 99 88 77 66"}
		p := i.serve(t)
		answers := canaryStory(t, i, v, tok, secret["password"], personal)
		metrics := fetch(t, "http://"+i.addr+"/metrics")
		out, errs, _ := command(t, "audit", "export", "--tenant", "t0", "--config", i.config)
		status, _, _ := command(t, "tenant", "status", "t0", "--config", i.config, "--json")
		dumped := dump(t, i, storeURL, queueURL)
		if err := p.end(t); err != nil {
			t.Error(err)
		}
		p.mu.Lock()
		log := p.log.String()
		p.mu.Unlock()
		anchors, err := os.ReadFile(filepath.Join(i.dir, "anchors.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for place, text := range map[string]string{"log": log, "metrics": metrics, "audit": out + errs, "status": status, "anchors": string(anchors),
			"refusals": answers, "queue": dumped["queue"], "other tables": dumped["rest"]} {
			secret.absent(t, place, text)
			personal.absent(t, place, text)
			searched.Add(int64(len(text)))
		}
		secret.absent(t, "resources", dumped["resources"])
		if !strings.Contains(dumped["resources"], personal["name"]) || !strings.Contains(log, `"caller refused"`) || !strings.Contains(out, tok.ID) {
			t.Error("the canaries did not sing: the scan looks in the wrong place")
		}
		if storeURL == "" {
			secret.absentFiles(t, filepath.Join(i.dir, "data"))
		}
	})
}
