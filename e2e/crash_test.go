package e2e_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"scimrelay/internal/board"
)

// ledger is what acknowledged writes say. A write whose answer did not come may have happened
// or not: both are right until a later one is acknowledged.
type ledger struct {
	mu     sync.Mutex
	people map[string]*entry // by mail
	acks   int
	others map[int]int // answers that acknowledged nothing, by their status; 0 where none came
}

// other notes an answer that acknowledged nothing.
func (l *ledger) other(status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.others == nil {
		l.others = map[int]int{}
	}
	l.others[status]++
}

func (l *ledger) refusals() map[int]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.others)
}

func (l *ledger) acknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acks
}

func eventuallyAcks(t *testing.T, l *ledger, n int) {
	t.Helper()
	eventually(t, 120*time.Second, "so many writes are acknowledged", func() bool { return l.acknowledged() >= n })
}

type entry struct {
	id      string
	active  map[bool]bool // what active may be
	family  map[string]bool
	certain bool // the creation was acknowledged
}

func (l *ledger) certainly(mail string, change func(*entry)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l.people[mail])
	l.acks++
}

func (l *ledger) perhaps(mail string, change func(*entry)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l.people[mail])
}

// writer pushes people one after another: post, rename, disable every third, enable every
// sixth again. After an answer that did not come it finds out by asking, as Entra does.
func (l *ledger) writer(c *client, worker int, stop <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		mail := fmt.Sprintf("user.%d.%d@acme.example", worker, n)
		l.mu.Lock()
		l.people[mail] = &entry{active: map[bool]bool{true: true}, family: map[string]bool{"Person": true}}
		l.mu.Unlock()
		status, answer, _ := c.do(http.MethodPost, "/Users", user(mail))
		if status != http.StatusCreated {
			l.other(status)
			<-time.After(20 * time.Millisecond) // a client that is turned away comes again, not at once
			continue
		}
		id, _ := answer["id"].(string)
		l.certainly(mail, func(e *entry) { e.id, e.certain = id, true })
		l.patch(c, mail, id, replace("name.familyName", "Renamed"), func(e *entry, sure bool) {
			if sure {
				clear(e.family)
			}
			e.family["Renamed"] = true
		})
		for _, active := range []bool{false, true} {
			if n%3 != 0 || (active && n%6 != 0) {
				continue
			}
			l.patch(c, mail, id, replace("active", map[bool]string{false: "False", true: "True"}[active]), func(e *entry, sure bool) {
				if sure {
					clear(e.active)
				}
				e.active[active] = true
			})
		}
	}
}

func (l *ledger) patch(c *client, mail, id, body string, change func(*entry, bool)) {
	l.perhaps(mail, func(e *entry) { change(e, false) })
	status, _, _ := c.do(http.MethodPatch, "/Users/"+id, body)
	if status == http.StatusOK || status == http.StatusNoContent {
		l.certainly(mail, func(e *entry) { change(e, true) })
		return
	}
	l.other(status)
}

// settled asks the gateway what the uncertain ones have become, so that the vendor can be held
// against one truth.
func (l *ledger) settled(t *testing.T, c *client) map[string]entry {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	truth := make(map[string]entry)
	for mail, e := range l.people {
		status, answer, _ := c.do(http.MethodGet, `/Users?filter=userName+eq+%22`+mail+`%22`, "")
		found, _ := answer["Resources"].([]any)
		switch {
		case status != http.StatusOK || len(found) > 1:
			t.Fatalf("%s: status %d, %d found", mail, status, len(found))
		case len(found) == 0 && e.certain:
			t.Errorf("%s was acknowledged and is not there", mail)
			continue
		case len(found) == 0:
			continue
		}
		res, _ := found[0].(map[string]any)
		name, _ := res["name"].(map[string]any)
		active, _ := res["active"].(bool)
		family, _ := name["familyName"].(string)
		if (e.certain && res["id"] != e.id) || !e.active[active] || !e.family[family] {
			t.Errorf("%s is %v %v %v; acknowledged were %+v", mail, res["id"], active, family, e)
		}
		truth[mail] = entry{active: map[bool]bool{active: true}, family: map[string]bool{family: true}}
	}
	return truth
}

// compare says how the vendor differs from the truth, by mail.
func compare(truth map[string]entry, accounts []account) (wrong []string) {
	seen := map[string]int{}
	for _, a := range accounts {
		seen[a.Key]++
		e, ok := truth[a.Key]
		family, _ := a.Native["lastName"].(string)
		switch {
		case !ok:
			wrong = append(wrong, a.Key+" is nobody's")
		case seen[a.Key] > 1:
			wrong = append(wrong, a.Key+" is there twice")
		case !e.active[a.Active] || !e.family[family]:
			wrong = append(wrong, fmt.Sprintf("%s is active %v, %s", a.Key, a.Active, family))
		}
	}
	for mail := range truth {
		if seen[mail] == 0 {
			wrong = append(wrong, mail+" is missing")
		}
	}
	slices.Sort(wrong)
	return wrong
}

// C07: told to stop under load, the process finishes what it accepted.
func TestAGracefulStopCutsNoAcceptedRequest(t *testing.T) {
	t.Parallel()
	board.Begin(t, "C07")
	v := startVendor(t)
	v.faults(t, `{"rate_limit":0,"latency":"300ms"}`)
	i := install(t, "", "inprocess", v)
	c := i.client(t, "t0")
	p := i.serve(t)
	statuses := map[int]int{}
	var mu sync.Mutex
	stop := make(chan struct{})
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				status, _, _ := c.do(http.MethodPost, "/Users", user(fmt.Sprintf("u%d.%d@acme.example", w, n)))
				mu.Lock()
				statuses[status]++
				enough := statuses[http.StatusCreated] > 0
				mu.Unlock()
				if status == 0 && enough { // nobody listens any more
					return
				}
			}
		})
	}
	eventually(t, 60*time.Second, "there is load", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return statuses[http.StatusCreated] > 200
	})
	if err := p.end(t); err != nil {
		t.Errorf("exit: %v", err)
	}
	close(stop)
	all.Wait()
	created := statuses[http.StatusCreated]
	delete(statuses, http.StatusCreated)
	delete(statuses, 0) // refused or closed before it was sent
	if len(statuses) > 0 {
		t.Errorf("answers beside 201: %v", statuses)
	}
	i.serve(t)
	_, answer, _ := c.do(http.MethodGet, "/Users?count=0", "")
	total, _ := answer["totalResults"].(float64)
	if int(total) != created {
		t.Errorf("%d acknowledged, %v there: a request was carried out and its answer cut", created, total)
	}
	v.faults(t, `{"rate_limit":0}`)
	eventually(t, 120*time.Second, "everybody has an account", func() bool {
		keys := map[string]bool{}
		for _, a := range v.accounts(t) {
			keys[a.Key] = true
		}
		return len(slices.Collect(maps.Keys(keys))) == created && len(v.accounts(t)) == created
	})
}
