package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"scimrelay/internal/services"
)

var (
	databases services.Databases
	program   struct {
		once sync.Once
		dir  string
		path string
		err  error
	}
)

func TestMain(m *testing.M) {
	// Toxiproxy has nobody read a connection's stages once one end of it is gone, and each of them
	// waits for ever to hand over what it holds. None of our own runs in there.
	code := services.Main(m, &databases,
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"))
	_ = os.RemoveAll(program.dir)
	os.Exit(code)
}

// binary builds scimrelay once, with the race detector when the tests have it.
func binary(t *testing.T) string {
	t.Helper()
	program.once.Do(func() {
		if program.dir, program.err = os.MkdirTemp("", "scimrelay-e2e-"); program.err != nil {
			return
		}
		program.path = filepath.Join(program.dir, "scimrelay")
		args := []string{"build", "-o", program.path}
		if raced() {
			args = append(args, "-race")
		}
		out, err := exec.Command("go", append(args, "scimrelay/cmd/scimrelay")...).CombinedOutput()
		if err != nil {
			program.err = fmt.Errorf("build: %w: %s", err, out)
		}
	})
	if program.err != nil {
		t.Fatal(program.err)
	}
	return program.path
}

func raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "-race" && s.Value == "true" })
}

// process is one running scimrelay.
type process struct {
	addr string // of a worker
	cmd  *exec.Cmd
	log  *bytes.Buffer
	mu   *sync.Mutex
	done chan struct{}
	err  error
}

// run starts scimrelay with the arguments; the test's end kills it.
func run(t *testing.T, args ...string) *process {
	t.Helper()
	return start(t, exec.Command(binary(t), args...))
}

// start starts a command that ends in scimrelay; the test's end kills it.
func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, log: new(bytes.Buffer), mu: new(sync.Mutex), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.Env = append(os.Environ(), "GORACE=halt_on_error=1")
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.err = p.cmd.Wait(); close(p.done) }()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s:\n%s", strings.Join(cmd.Args, " "), p.tail())
		}
		if strings.Contains(p.tail(), "DATA RACE") {
			t.Error("the process had a data race")
		}
	})
	return p
}

// Write keeps what the process prints.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *process) tail() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := p.log.String()
	return text[max(0, len(text)-8000):]
}

// stopped reports that the process has ended.
func (p *process) stopped() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// end asks the process to stop and returns its exit error.
func (p *process) end(t *testing.T) error {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	select {
	case <-p.done:
		return p.err
	case <-time.After(60 * time.Second):
		t.Fatalf("the process does not stop:\n%s", p.tail())
		return nil
	}
}

// ready waits until the process at the address answers.
func (p *process) ready(t *testing.T, addr, path string) {
	t.Helper()
	eventually(t, 60*time.Second, addr+path+" answers", func() bool {
		select {
		case <-p.done:
			t.Fatalf("the process ended: %v\n%s", p.err, p.tail())
		default:
		}
		resp, err := http.Get("http://" + addr + path)
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

func eventually(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// command runs scimrelay to its end and returns what it printed and its exit code.
func command(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var out, err bytes.Buffer
	cmd := exec.CommandContext(ctx, binary(t), args...)
	cmd.Stdout, cmd.Stderr = &out, &err
	failure := cmd.Run()
	var exit *exec.ExitError
	if failure != nil && !errors.As(failure, &exit) {
		t.Fatal(failure)
	}
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

// freeAddr is a loopback address nobody listens on now.
func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := services.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// vendor is a simulator process with one product, Sage.
type vendor struct {
	*process
	addr    string
	tenants string // the folder it wrote its tenant file into
}

func startVendor(t *testing.T) *vendor {
	t.Helper()
	v := &vendor{addr: freeAddr(t), tenants: t.TempDir()}
	v.process = run(t, "vendors", "--listen", v.addr, "--tenants", v.tenants)
	v.ready(t, v.addr, "/_sim/")
	v.faults(t, `{"rate_limit":0}`)
	return v
}

// account is one account as the simulator shows it.
type account struct {
	ID     string         `json:"id"`
	Key    string         `json:"key"`
	Active bool           `json:"active"`
	Native map[string]any `json:"native"`
}

func (v *vendor) accounts(t *testing.T) []account {
	t.Helper()
	var state struct {
		Accounts []account `json:"accounts"`
	}
	resp, err := http.Get("http://" + v.addr + "/_sim/sage/state")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil {
		t.Fatal(err)
	}
	return state.Accounts
}

// faults turns the simulator's knobs.
func (v *vendor) faults(t *testing.T, knobs string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPut, "http://"+v.addr+"/_sim/sage/faults", strings.NewReader(knobs))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("faults %s: %d", knobs, resp.StatusCode)
	}
}
