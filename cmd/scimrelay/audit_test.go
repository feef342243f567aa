package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"scimrelay/internal/board"

	"scimrelay/configs"
	"scimrelay/store"
)

// operating runs commands on one installation, as an operator does.
type operating struct {
	t      *testing.T
	config string
}

func (d operating) told(want int, args ...string) string {
	d.t.Helper()
	var out, errs screen
	if code := run(d.t.Context(), append(args, "--config", d.config), console{&out, &errs}); code != want {
		d.t.Fatalf("%v: exit code %d: %s%s", args, code, &out, &errs)
	}
	return out.String() + errs.String()
}

// open opens the installation's store and what seals it.
func (d operating) open() (*store.Store, *sealer, *screen) {
	d.t.Helper()
	c, err := configs.Load(d.config)
	if err != nil {
		d.t.Fatal(err)
	}
	s, err := store.Open(d.t.Context(), c.Store.URL.Reveal(), store.Options{})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = s.Close() })
	log := new(screen)
	return s, newSealer(s, c.Audit, slog.New(slog.NewJSONHandler(log, nil))), log
}

// add appends to the configuration.
func (d operating) add(text string) {
	d.t.Helper()
	file, err := os.OpenFile(d.config, os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = file.WriteString(text)
	}
	if err != nil || file.Close() != nil {
		d.t.Fatal(err)
	}
}

func (d operating) write(name, text string) string {
	d.t.Helper()
	path := filepath.Join(filepath.Dir(d.config), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return path
}

// behind changes the database around the gateway.
func (d operating) behind(statement string) {
	d.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(filepath.Dir(d.config), "scimrelay.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		d.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		d.t.Fatal(err)
	}
}

func (d operating) tokenID(out string) string {
	d.t.Helper()
	var view tokenView
	if err := json.Unmarshal([]byte(out), &view); err != nil {
		d.t.Fatal(err)
	}
	return view.ID
}

func TestTheAuditSaysWhoChangedTokensAndWhy(t *testing.T) {
	t.Parallel()
	d := operating{t, installed(t)}
	id := d.tokenID(d.told(exitFine, "token", "create", "--tenant", "acme", "--json", "--actor", "ana", "--reason", "set-up of Entra"))
	d.told(exitFine, "token", "renew", "--tenant", "acme", id, "--overlap", "1h")
	d.told(exitFine, "token", "delete", "--tenant", "acme", id, "--actor", "bob")
	var events []eventView
	if err := json.Unmarshal([]byte(d.told(exitFine, "audit", "list", "--tenant", "acme", "--kind", "token", "--json")), &events); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, e.Kind)
		if !strings.HasPrefix(e.Actor, "cli:") || !strings.Contains(e.Detail, "token ") {
			t.Errorf("%+v", e)
		}
	}
	if got := strings.Join(kinds, " "); got != "token.deleted token.renewed token.overlapping token.created" {
		t.Fatalf("kinds: %s", got)
	}
	if e := events[3]; e.Actor != "cli:ana" || e.Detail != "token "+id+", client unnamed: set-up of Entra" {
		t.Errorf("%+v", e)
	}
	lines := strings.Split(strings.TrimSpace(d.told(exitFine, "audit", "export", "--tenant", "acme", "--since", "1h")), "\n")
	if len(lines) != len(events) || !strings.Contains(lines[0], "token.created") {
		t.Errorf("export: %v", lines)
	}
	d.told(exitUsage, "audit", "list", "--tenant", "acme", "--since", "yesterday")
}

func TestVerifyNamesWhatIsBrokenAndWhereAnchorsSaySo(t *testing.T) {
	t.Parallel()
	board.Begin(t, "X59")
	d := operating{t, installed(t)}
	key := d.write("anchor.key", strings.Repeat("anchor key ", 4))
	d.add("audit: {anchors: anchors.jsonl, key: \"${file:" + key + "}\"}\n")
	anchors := d.write("anchors.jsonl", "")
	s, sealer, log := d.open()
	for _, name := range []string{"one", "two"} {
		d.told(exitFine, "token", "create", "--tenant", "acme", "--reason", name)
		sealer.seal(t.Context())
		sealer.tell(t.Context())
		sealer.tell(t.Context()) // tells nothing twice
	}
	if text, err := os.ReadFile(anchors); err != nil || strings.Count(string(text), "\n") != 2 || strings.Count(log.String(), "audit head") != 2 {
		t.Fatalf("anchors %s, log %s, %v", text, log, err)
	}
	if out := d.told(exitFine, "audit", "verify"); !strings.Contains(out, "tenant acme is as it was sealed: 2 events in 2 seals, 2 anchored, 0 events not sealed yet") {
		t.Error(out)
	}
	events, err := s.Events.Latest(t.Context(), "acme", 2)
	if err != nil {
		t.Fatal(err)
	}
	// The last event and its seal are taken out, and another is sealed in their place.
	d.behind(`DELETE FROM seals WHERE seq = 2`)
	d.behind(`DELETE FROM events WHERE id = '` + events[0].ID + `'`)
	if out := d.told(exitFailed, "audit", "verify", "--tenant", "acme"); !strings.Contains(out, "broken: seal 2: the anchor of") || !strings.Contains(out, "was cut") {
		t.Error(out)
	}
	if err := s.Events.Append(t.Context(), "acme", store.Event{Kind: "token.created", Actor: "cli:nobody"}); err != nil {
		t.Fatal(err)
	}
	sealer.seal(t.Context())
	if out := d.told(exitFailed, "audit", "verify"); !strings.Contains(out, "seal 2: the anchor of") || !strings.Contains(out, "was rewritten") {
		t.Error(out)
	}
	d.behind(`UPDATE events SET detail = 'nothing' WHERE id = '` + events[1].ID + `'`)
	var report reportView
	out := d.told(exitFailed, "audit", "verify", "--json")
	if err := json.Unmarshal([]byte(out[:strings.Index(out, "\n")]), &report); err != nil || report.OK || len(report.Tenants) != 1 {
		t.Fatalf("%s, %v", out, err)
	}
	found := false
	for _, b := range report.Tenants[0].Broken {
		found = found || b.Event == events[1].ID && b.Seal == 1
	}
	if !found {
		t.Errorf("%+v", report)
	}
}

func TestAnchorsThatAreForgedOrTornAreTold(t *testing.T) {
	t.Parallel()
	d := operating{t, installed(t)}
	key := d.write("anchor.key", strings.Repeat("anchor key ", 4))
	d.add("audit: {anchors: anchors.jsonl, key: \"${file:" + key + "}\"}\n")
	d.write("anchors.jsonl", "")
	_, sealer, _ := d.open()
	d.told(exitFine, "token", "create", "--tenant", "acme")
	sealer.seal(t.Context())
	sealer.tell(t.Context())
	path := filepath.Join(filepath.Dir(d.config), "anchors.jsonl")
	line, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d.write("anchors.jsonl", string(line)+string(line[:20]))
	if out := d.told(exitFine, "audit", "verify"); !strings.Contains(out, "warning: anchor: line 2 of") || !strings.Contains(out, "1 anchored") {
		t.Error(out)
	}
	d.write("anchors.jsonl", strings.Replace(string(line), `"seq":1`, `"seq":2`, 1))
	if out := d.told(exitFailed, "audit", "verify"); !strings.Contains(out, "its signature is wrong") {
		t.Error(out)
	}
	d.told(exitFailed, "audit", "verify", "--anchors", path+".none")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	d.told(exitFailed, "audit", "verify") // a configured file that is gone is no reason for trust
}

// A full disk cuts a line; what is written afterwards must not be lost with it.
func TestAnAnchorBehindATornLineIsRead(t *testing.T) {
	t.Parallel()
	d := operating{t, installed(t)}
	d.add("audit: {anchors: anchors.jsonl}\n")
	_, sealer, _ := d.open()
	d.write("anchors.jsonl", `{"time":"2026-`)
	d.told(exitFine, "token", "create", "--tenant", "acme")
	sealer.seal(t.Context())
	sealer.tell(t.Context())
	if out := d.told(exitFine, "audit", "verify"); !strings.Contains(out, "line 1 of") || !strings.Contains(out, "1 events in 1 seals, 1 anchored") {
		t.Error(out)
	}
}

// tripwire cancels when the log has the word.
type tripwire struct {
	*screen
	word   string
	cancel context.CancelFunc
}

func (u tripwire) Write(text []byte) (int, error) {
	n, err := u.screen.Write(text)
	if strings.Contains(string(text), u.word) {
		u.cancel()
	}
	return n, err
}

// served serves until the gateway listens, and returns its log.
func (d operating) served() string {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	defer cancel()
	var log screen
	code := run(ctx, []string{"serve", "--config", d.config, "--listen", free}, console{new(screen), tripwire{&log, `"msg":"listening"`, cancel}})
	if code != exitFine {
		d.t.Fatalf("serve: exit code %d: %s", code, &log)
	}
	return log.String()
}

// Whoever takes the anchors away must not find that the gateway makes others.
func TestAnchorsThatWereTakenAwayStayAway(t *testing.T) {
	t.Parallel()
	d := operating{t, installed(t)}
	d.add("audit: {anchors: anchors.jsonl}\nserver: {drain: 1ms, memory_limit: 0}\n")
	path := filepath.Join(filepath.Dir(d.config), "anchors.jsonl")
	d.served()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("before the first seal: %v, %v", info, err)
	}
	d.told(exitFine, "token", "create", "--tenant", "acme")
	if log := d.served(); strings.Contains(log, "gone") || strings.Count(log, "audit head") != 1 {
		t.Fatal(log)
	}
	if out := d.told(exitFine, "audit", "verify"); !strings.Contains(out, "1 anchored") {
		t.Fatal(out)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if log := d.served(); !strings.Contains(log, `"level":"ERROR","msg":"the file of anchors is gone: the audit is not anchored`) || strings.Count(log, "audit head") != 1 {
		t.Error(log)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it was made anew: %v", err)
	}
	d.told(exitFailed, "audit", "verify")
	d.write("anchors.jsonl", "") // on purpose
	d.served()
	if out := d.told(exitFine, "audit", "verify"); !strings.Contains(out, "1 anchored") {
		t.Error(out)
	}
}

// A tenant whose record is gone altogether is known by its anchors.
func TestARecordThatIsGoneIsMissed(t *testing.T) {
	t.Parallel()
	d := operating{t, installed(t)}
	d.add("audit: {anchors: anchors.jsonl}\n")
	d.write("anchors.jsonl", "")
	_, sealer, _ := d.open()
	d.told(exitFine, "token", "create", "--tenant", "acme")
	sealer.seal(t.Context())
	sealer.tell(t.Context())
	d.behind(`DELETE FROM seals`)
	d.behind(`DELETE FROM events`)
	if out := d.told(exitFailed, "audit", "verify"); !strings.Contains(out, "tenant acme IS NOT") {
		t.Error(out)
	}
}

// Nothing is no proof of anything.
func TestVerifyFailsWhereThereIsNothing(t *testing.T) {
	t.Parallel()
	d := operating{t, installed(t)}
	for _, args := range [][]string{{"verify"}, {"verify", "--tenant", "acme"}, {"list", "--tenant", "acme"}, {"export", "--tenant", "acme"}} {
		if out := d.told(exitFailed, append([]string{"audit"}, args...)...); !strings.Contains(out, "there is no database") {
			t.Errorf("%v: %s", args, out)
		}
	}
	if files, err := filepath.Glob(filepath.Join(filepath.Dir(d.config), "scimrelay.db*")); err != nil || len(files) > 0 {
		t.Fatalf("looking made %v: %v", files, err)
	}
	d.told(exitFine, "migrate")
	if out := d.told(exitFailed, "audit", "verify"); !strings.Contains(out, "there is nothing to check") {
		t.Error(out)
	}
	d.told(exitFine, "token", "create", "--tenant", "acme")
	for _, c := range []struct {
		want int
		args []string
		said string
	}{
		{exitFine, nil, "tenant acme is as it was sealed"},
		{exitFailed, []string{"--tenant", "acmee"}, `there is nothing of a tenant "acmee"`},
		{exitFailed, []string{"--tenant", "acmee", "--json"}, `{"ok":false,"tenants":[]}`},
		{exitFine, []string{"--tenant", store.Installation}, "0 events in 0 seals"},
	} {
		if out := d.told(c.want, append([]string{"audit", "verify"}, c.args...)...); !strings.Contains(out, c.said) {
			t.Errorf("%v: %s", c.args, out)
		}
	}
}

func TestAnEventThatWaitsLongIsAWarning(t *testing.T) {
	t.Parallel()
	d := operating{t, installed(t)}
	d.told(exitFine, "token", "create", "--tenant", "acme")
	d.behind(`UPDATE events SET at = at - 3600000`)
	if out := d.told(exitFine, "audit", "verify"); !strings.Contains(out, "1 events not sealed yet") || !strings.Contains(out, "warning: an event waits to be sealed since") {
		t.Error(out)
	}
}
