package e2e_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"scimrelay/internal/board"
	"scimrelay/internal/services"
)

// exchange is an address behind which a server may be put in another one's place.
type exchange struct {
	net.Listener

	mu    sync.Mutex
	to    string
	calls map[net.Conn]bool
}

func newExchange(t *testing.T, to string) *exchange {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange{Listener: l, to: to, calls: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = l.Close(); x.connect("") })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go x.carry(in)
		}
	}()
	return x
}

// connect puts the server at the address behind the exchange; who was connected is cut off.
func (x *exchange) connect(to string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.to = to
	for c := range x.calls {
		_ = c.Close()
	}
	clear(x.calls)
}

// lead sends new connections to the server at the address; those there are stay where they are.
func (x *exchange) lead(to string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.to = to
}

func (x *exchange) carry(in net.Conn) {
	x.mu.Lock()
	out, err := net.Dial("tcp", x.to)
	if err != nil {
		x.mu.Unlock()
		_ = in.Close()
		return
	}
	x.calls[in], x.calls[out] = true, true
	x.mu.Unlock()
	go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
	_, _ = io.Copy(in, out)
	_ = in.Close()
}

// Q18: Redis fails over to a replica that has not heard the last two seconds. What was rung for then
// is done all the same, and nothing is set aside.
func TestRedisFailsOverAndLosesItsTail(t *testing.T) {
	board.OnlyNightly(t)
	check := board.Begin(t, "Q18")
	v, primary, replica := startVendor(t), services.NewRedis(t), services.NewRedis(t)
	copying := newExchange(t, primary.Addr) // between the two
	host, port, _ := net.SplitHostPort(copying.Addr().String())
	admin, first := replica.Client(), primary.Client()
	defer admin.Close()
	defer first.Close()
	if err := admin.ReplicaOf(t.Context(), host, port).Err(); err != nil {
		t.Fatal(err)
	}
	x := newExchange(t, primary.Addr)
	i := install(t, databases.New(t), "redis://"+x.Addr().String()+"/0", v)
	c := i.client(t, "t0")
	i.serve(t, "--role", "gateway")
	i.worker(t)
	push(t, c, "before", 200, 8)
	eventually(t, 30*time.Second, "the replica follows", func() bool { return offset(t, admin, "slave_repl_offset") > 0 })
	copying.connect("")
	begun, pushed := time.Now(), 200
	for ; time.Since(begun) < 2*time.Second; pushed += 20 {
		push(t, c, fmt.Sprint("tail", pushed), 20, 8)
	}
	tail := offset(t, first, "master_repl_offset") - offset(t, admin, "slave_repl_offset")
	primary.Kill()
	if err := admin.ReplicaOf(t.Context(), "NO", "ONE").Err(); err != nil {
		t.Fatal(err)
	}
	x.connect(replica.Addr)
	push(t, c, "after", 200, 8)
	pushed += 200
	eventually(t, 120*time.Second, "everybody has one account", func() bool { return allActive(v.accounts(t), pushed) })
	check.Work("acknowledged writes around the failover", pushed, 400)
	check.Work("bytes that the replica had not heard", tail, 1000)
}

// offset is how far a Redis is.
func offset(t *testing.T, client *redis.Client, name string) int {
	t.Helper()
	info, err := client.Info(t.Context(), "replication").Result()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(info, name+":")
	n, _ := strconv.Atoi(strings.TrimSpace(strings.SplitN(rest, "\n", 2)[0]))
	return n
}

// X61: the process needs no rights: neither root's nor any it could gain, and writes nothing but its
// data.
func TestTheGatewayNeedsNoRights(t *testing.T) {
	t.Parallel()
	check := board.Begin(t, "X61")
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		t.Fatal(err) // util-linux is on every Debian
	}
	v := startVendor(t)
	i := install(t, "", "inprocess", v)
	c := i.client(t, "t0")
	args := []string{"--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"}
	if os.Geteuid() == 0 {
		const nobody = 65532
		args = append(args, fmt.Sprint("--reuid=", nobody), fmt.Sprint("--regid=", nobody), "--clear-groups")
		for _, root := range []string{i.dir, v.tenants} {
			giveAway(t, root, nobody)
			letIn(t, root)
		}
		letIn(t, filepath.Dir(binary(t)))
	}
	p := start(t, exec.Command(setpriv, append(args, "--", binary(t), "serve", "--config", i.config)...))
	p.ready(t, i.addr, "/readyz")
	push(t, c, "somebody", 20, 4)
	eventually(t, 60*time.Second, "everybody has one account", func() bool { return allActive(v.accounts(t), 20) })
	if status, _, _ := c.do(http.MethodGet, "/Users?count=1", ""); status != http.StatusOK {
		t.Errorf("a read: %d", status)
	}
	outside := 0
	err = filepath.WalkDir(i.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Dir(path) != filepath.Join(i.dir, "data") && filepath.Ext(path) != ".yaml" {
			outside++
			t.Errorf("it wrote %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	check.Work("people provisioned without any rights", len(v.accounts(t)), 20)
}

// giveAway makes everything below the folder the user's.
func giveAway(t *testing.T, root string, user int) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if err == nil {
			err = os.Lchown(path, user, user)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// letIn lets everybody come as far as the folder.
func letIn(t *testing.T, dir string) {
	t.Helper()
	for ; dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
