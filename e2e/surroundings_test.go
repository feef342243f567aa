package e2e_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"scimrelay/internal/board"

	"scimrelay/internal/services"
)

// alone is an installation with one tenant that has no target: what it answers is all there is.
func alone(t *testing.T, storeURL, server string) *installation {
	t.Helper()
	i := install(t, storeURL, "inprocess")
	text, err := os.ReadFile(i.config)
	if err != nil {
		t.Fatal(err)
	}
	write(t, i.config, strings.Replace(string(text), "rate: {per_second: 0}, busy: 15s, drain: 500ms", server, 1))
	write(t, filepath.Join(i.dir, "tenants", "t0.yaml"), "id: t0\nname: T\n")
	return i
}

const quickServer = "rate: {per_second: 0}, drain: 100ms"

// readiness is what /readyz says.
type readiness struct {
	code   int
	closes bool // the connection, after the answer
	Status string
	Store  component
	Redis  component
}

type component struct{ State, Reason string }

func (i *installation) readiness(t *testing.T) (r readiness) {
	t.Helper()
	resp, err := http.Get("http://" + i.addr + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		t.Fatal(err)
	}
	r.code, r.closes = resp.StatusCode, resp.Close
	return r
}

func (i *installation) alive(t *testing.T) {
	t.Helper()
	resp, err := http.Get("http://" + i.addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("not alive: %d", resp.StatusCode)
	}
}

// asked is one request of each kind.
type asked struct{ method, path, body string }

func writes(id, mail string) []asked {
	return []asked{{"POST", "/Users", user(mail)}, {"PUT", "/Users/" + id, user(mail)}, {"PATCH", "/Users/" + id, replace("active", "False")},
		{"DELETE", "/Users/" + id, ""}, {"POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"` + mail + `"}`}}
}

func reads(id string) []asked {
	return []asked{{"GET", "/Users/" + id, ""}, {"GET", "/Users?filter=userName+eq+%22nobody%22", ""}, {"GET", "/Users?count=5", ""},
		{"GET", "/Users?filter=title+pr", ""}, {"GET", "/Groups", ""},
		{"POST", "/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"userName eq \"x\""}`}}
}

// comeAgain insists on a SCIM error that says when to come again. A status of 0 is a client that
// has lost its patience.
func comeAgain(t *testing.T, c *client, in asked, after string) {
	t.Helper()
	status, answer, header := c.do(in.method, in.path, in.body)
	if status != http.StatusServiceUnavailable || header.Get("Retry-After") != after || answer["status"] != "503" {
		t.Errorf("%s %s: %d, Retry-After %q, %v", in.method, in.path, status, header.Get("Retry-After"), answer)
	}
}

// A database that is silent, gone, or takes no writes: everything is a 503 that says when to come
// again, never an answer that an identity provider would act on; the process lives on, and heals
// without a hand.
func TestADatabaseInTroubleIsA503(t *testing.T) {
	t.Parallel()
	turned := board.Begin(t, "S37").Sum("requests turned away by a database in trouble", 20)
	pg := services.NewPostgres(t)
	i := alone(t, pg.URL(), quickServer)
	i.serve(t)
	c := i.client(t, "t0")
	_, made, _ := c.do("POST", "/Users", user("first@acme.example"))
	id, _ := made["id"].(string)
	readOnly := func(on string) func() {
		return func() {
			pg.Exec(t, "ALTER SYSTEM SET default_transaction_read_only = "+on)
			pg.Exec(t, "SELECT pg_reload_conf()")
		}
	}
	for _, trouble := range []struct {
		name        string
		begin, stop func()
		reason      string
	}{
		{"silent", func() { pg.Pause(t) }, func() { pg.Resume(t) }, "down"},
		{"gone", func() { pg.Kill(t) }, func() { pg.Start(t) }, "down"},
		{"readonly", readOnly("on"), readOnly("off"), "read_only"},
	} {
		trouble.begin()
		if trouble.reason == "down" { // new settings take the server a moment
			comeAgain(t, c, writes(id, trouble.name+"0@acme.example")[0], "30") // before anybody has noticed
		}
		eventually(t, 30*time.Second, "readiness says so", func() bool {
			r := i.readiness(t)
			return r.code == http.StatusServiceUnavailable && r.Store.State == "down" && r.Store.Reason == trouble.reason
		})
		for _, in := range append(writes(id, trouble.name+"@acme.example"), reads(id)...) {
			comeAgain(t, c, in, "30")
			turned.Add(1)
		}
		i.alive(t)
		trouble.stop()
		eventually(t, 60*time.Second, "it is ready again", func() bool { return i.readiness(t).code == http.StatusOK })
		if status, _, _ := c.do("GET", "/Users/"+id, ""); status != http.StatusOK {
			t.Errorf("after %s: %d", trouble.name, status)
		}
		if status, answer, _ := c.do("POST", "/Users", user(trouble.name+".after@acme.example")); status != http.StatusCreated {
			t.Errorf("after %s: %d %v", trouble.name, status, answer)
		}
	}
}

// S37: the disk is full. Writes are told to come again, reads go on, nothing acknowledged is
// missing, and with room again nobody has to restart anything.
func TestAFullDiskIsA503ForWritesOnly(t *testing.T) {
	t.Parallel()
	kept := board.Begin(t, "S37").Sum("writes acknowledged until the disk was full", 20)
	i := alone(t, "", quickServer)
	i.serve(t).end(t) // makes the database and its keys
	disk := filepath.Join(i.dir, "data")
	heal := func() {}
	var p *process
	if moved := onSmallDisk(t, disk); moved != nil {
		heal = moved
		p = i.serve(t)
	} else { // no mounts here: a limit on the length of files, which nobody can lift from outside
		p = limited(t, 6<<10, "serve", "--config", i.config)
		p.ready(t, i.addr, "/readyz")
	}
	c := i.client(t, "t0")
	var ids []string
	n := 0
	fill := func() (status int, header http.Header) {
		n++
		body := strings.Replace(user(fmt.Sprintf("u%d@acme.example", n)), `"title":null`, `"title":"`+strings.Repeat("x", 8000)+`"`, 1)
		status, answer, header := c.do("POST", "/Users", body)
		if id, ok := answer["id"].(string); ok && status == http.StatusCreated {
			ids = append(ids, id)
		}
		return status, header
	}
	eventually(t, 120*time.Second, "the disk is full", func() bool {
		status, header := fill()
		if status == http.StatusCreated {
			return false
		}
		if status != http.StatusServiceUnavailable || header.Get("Retry-After") != "30" {
			t.Fatalf("after %d: %d, Retry-After %q", len(ids), status, header.Get("Retry-After"))
		}
		return true
	})
	eventually(t, 10*time.Second, "readiness says so", func() bool { // what is tried each second is small, and may find room
		r := i.readiness(t)
		return r.code == http.StatusServiceUnavailable && r.Store.Reason == "disk_full"
	})
	i.alive(t)
	for _, id := range []string{ids[0], ids[len(ids)-1]} {
		if status, _, _ := c.do("GET", "/Users/"+id, ""); status != http.StatusOK {
			t.Errorf("a read of what was acknowledged: %d", status)
		}
	}
	kept.Add(int64(len(ids)))
	heal()
	if p.cmd.Args[0] == "sh" {
		p.kill()
		i.serve(t)
	}
	eventually(t, 60*time.Second, "it is ready again", func() bool { return i.readiness(t).code == http.StatusOK })
	if status, _ := fill(); status != http.StatusCreated {
		t.Errorf("with room again: %d", status)
	}
	for _, id := range ids {
		if status, _, _ := c.do("GET", "/Users/"+id, ""); status != http.StatusOK {
			t.Fatalf("%s was acknowledged: %d", id, status)
		}
	}
}

// onSmallDisk moves the folder's files to a disk of a few megabytes and returns what gives it
// more, or nil where nothing can be mounted.
func onSmallDisk(t *testing.T, folder string) (heal func()) {
	t.Helper()
	files := map[string][]byte{}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(folder, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=4m,mode=700"); err != nil {
		t.Logf("no disk can be mounted here: %v", err)
		return nil
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if err := syscall.Mount("tmpfs", folder, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
			t.Fatal(err)
		}
	}
}

// limited runs scimrelay with files of so many kilobytes at most.
func limited(t *testing.T, kilobytes int, args ...string) *process {
	t.Helper()
	script := fmt.Sprintf(`ulimit -f %d; exec "$0" "$@"`, kilobytes*2) // in blocks of 512 bytes
	return start(t, exec.Command("sh", append([]string{"-c", script, binary(t)}, args...)...))
}

// Somebody else holds the database: whoever had to wait too long is told to come again soon, and
// the process stays in service.
func TestABusyDatabaseIsA503ForAMoment(t *testing.T) {
	t.Parallel()
	board.Begin(t, "S37")
	i := alone(t, "", quickServer)
	i.serve(t)
	c := i.client(t, "t0")
	_, made, _ := c.do("POST", "/Users", user("first@acme.example"))
	id, _ := made["id"].(string)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(i.dir, "data", "scimrelay.db")+"?_pragma=busy_timeout(10000)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	comeAgain(t, c, asked{"POST", "/Users", user("busy@acme.example")}, "5")
	if r := i.readiness(t); r.code != http.StatusOK || r.Store.State != "degraded" || r.Store.Reason != "busy" {
		t.Errorf("readiness: %+v", r)
	}
	if status, _, _ := c.do("GET", "/Users/"+id, ""); status != http.StatusOK {
		t.Errorf("a read: %d", status)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := c.do("POST", "/Users", user("busy@acme.example")); status != http.StatusCreated {
		t.Errorf("afterwards: %d", status)
	}
}

// Told to stop, the process says so first and goes on answering; every answer ends its connection,
// so that nobody asks on one that is about to go.
func TestALeavingProcessSaysSoAndGoesOnAnswering(t *testing.T) {
	t.Parallel()
	board.Begin(t, "C07")
	i := alone(t, "", "rate: {per_second: 0}, drain: 15s")
	p := i.serve(t)
	c := i.client(t, "t0")
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "readiness is off", func() bool {
		r := i.readiness(t)
		return r.code == http.StatusServiceUnavailable && r.Status == "leaving" && r.closes
	})
	if status, _, _ := c.do("POST", "/Users", user("last@acme.example")); status != http.StatusCreated {
		t.Errorf("while it leaves: %d", status)
	}
	i.alive(t)
	<-p.done
	if p.err != nil {
		t.Errorf("exit: %v", p.err)
	}
}

// S38: a disk that does not sync is not believed again: the write is not acknowledged, and the
// process ends.
func TestADiskThatDoesNotSyncEndsTheProcess(t *testing.T) {
	check := board.Begin(t, "S38")
	board.OnlyNightly(t)
	i := alone(t, "", quickServer)
	i.serve(t).end(t)
	p := start(t, exec.Command("strace", "-f", "-o", "/dev/null", "-e", "trace=fsync,fdatasync",
		"-e", "inject=fsync,fdatasync:error=EIO:when=20+", binary(t), "serve", "--config", i.config))
	p.ready(t, i.addr, "/readyz")
	c := i.client(t, "t0")
	acknowledged := map[string]bool{}
	for n := 0; n < 200 && !p.stopped(); n++ {
		mail := fmt.Sprintf("u%d@acme.example", n)
		status, _, _ := c.do("POST", "/Users", user(mail))
		if status == http.StatusCreated {
			acknowledged[mail] = true
		} else if status != 0 && status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", mail, status)
		}
	}
	<-p.done
	if p.err == nil {
		t.Error("it ended as if nothing had happened")
	}
	check.Work("writes acknowledged before the disk failed", len(acknowledged), 1)
	i.serve(t)
	for mail := range acknowledged {
		_, answer, _ := c.do("GET", "/Users?filter=userName+eq+%22"+mail+"%22", "")
		if answer["totalResults"] != 1.0 {
			t.Errorf("%s was acknowledged: %v", mail, answer)
		}
	}
}

// S39: one client's writes, one after the other, are synced each before it is acknowledged.
func TestEveryAcknowledgementIsSynced(t *testing.T) {
	check := board.Begin(t, "S39")
	board.OnlyNightly(t)
	i := alone(t, "", quickServer)
	calls := filepath.Join(t.TempDir(), "calls")
	p := i.serve(t)
	start(t, exec.Command("strace", "-f", "-o", calls, "-e", "trace=fsync,fdatasync", "-p", fmt.Sprint(p.cmd.Process.Pid)))
	c := i.client(t, "t0")
	n := 0
	writes := func(most int, enough func() bool) {
		for begun := n; n-begun < most && !enough(); n++ {
			if status, _, _ := c.do("POST", "/Users", user(fmt.Sprintf("u%d@acme.example", n))); status != http.StatusCreated {
				t.Fatal(status)
			}
		}
	}
	synced := func() int {
		text, err := os.ReadFile(calls)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Count(string(text), "sync(") // whole, or cut by another thread's line
	}
	writes(10_000, func() bool { return synced() > 0 }) // now it watches
	before := synced()
	writes(50, func() bool { return false })
	check.Work("syncs of the disk by 50 writes", synced()-before, 50)
}
