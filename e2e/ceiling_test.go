package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"scimrelay/internal/board"
	"scimrelay/scim"
	"scimrelay/store"
)

// mostMemory is the most memory the process has had resident, in bytes.
func (p *process) mostMemory(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kb << 10
}

// plant puts people into the tenant's directory without asking a gateway, and returns their ids.
func (i *installation) plant(t *testing.T, tenant string, people int) []string {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite://"+filepath.Join(i.dir, "data", "scimrelay.db"), store.Options{Busy: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ids := make([]string, people)
	var all sync.WaitGroup
	for w := range 64 {
		all.Go(func() {
			for n := w; n < people; n += 64 {
				id, _ := uuid.NewV7()
				name := fmt.Sprintf("planted.%d@acme.example", n)
				body, _ := json.Marshal(personDoc(name, n))
				r, err := s.Directory.Create(context.Background(), store.Write{Tenant: tenant, Actor: "test"}, scim.TypeUser, id.String(),
					store.Revision{Body: body, Keys: store.Keys{Name: name}, Active: true})
				if err != nil {
					t.Error(err)
					return
				}
				ids[n] = r.ID
			}
		})
	}
	all.Wait()
	return ids
}

// C08: a vendor answers with two gigabytes. The process reads what it may, says that this was no
// answer, and stays below its ceiling.
func TestAnAnswerOfTwoGigabytesIsNotRead(t *testing.T) {
	board.OnlyNightly(t)
	check := board.Begin(t, "C08")
	v := startVendor(t)
	calls := make(chan struct{}, 1000)
	vendor := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: v.addr})
	flood := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/login") {
			vendor.ServeHTTP(w, r)
			return
		}
		calls <- struct{}{}
		w.Header().Set("Content-Type", "application/json")
		piece := []byte(strings.Repeat(" ", 1<<20))
		for range 2 << 10 {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	}))
	defer flood.Close()
	i := install(t, "", "inprocess", v)
	file := filepath.Join(i.dir, "tenants", "t0.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, strings.ReplaceAll(string(text), "http://"+v.addr, flood.URL))
	c := i.client(t, "t0")
	p := i.serve(t)
	push(t, c, "somebody", 20, 4)
	begun := 0
	for range 5 {
		<-calls
		begun++
	}
	eventually(t, 120*time.Second, "the target rests", func() bool {
		out, _, _ := command(t, "tenant", "status", "t0", "--config", i.config)
		return strings.Contains(out, "quarantined") || strings.Contains(out, "nonsense")
	})
	check.Work("answers of two gigabytes", begun+len(calls), 5)
	check.Ratio("the most memory to 384 MiB", float64(p.mostMemory(t))/(384<<20), 1)
}
