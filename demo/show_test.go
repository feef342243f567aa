package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"scimrelay/demo"
)

// vendorOf serves the state page of a Sage that holds at once whatever the tenant accepted.
func vendorOf(t *testing.T, s *tenant) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/_sim/sage/state" {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"accounts": s.accounts()})
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// accounts are the users as Sage would hold them. Those who were deleted are there, inactive.
func (s *tenant) accounts() []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	accounts := []any{}
	for id, user := range s.users {
		accounts = append(accounts, sageAccount(id, user, user["active"] == true))
	}
	for id, user := range s.deleted {
		accounts = append(accounts, sageAccount(id, user, false))
	}
	return accounts
}

func sageAccount(id string, user map[string]any, active bool) any {
	text := func(path string) string { value, _ := user[path].(string); return value }
	last, phone := text("name.familyName"), text(`phoneNumbers[type eq "work"].value`)
	if last == "" {
		last = text("name.givenName")
	}
	if phone == "" {
		phone = text(`phoneNumbers[type eq "mobile"].value`)
	}
	language := map[string]string{"en-US": "US", "de-DE": "DE", "es-ES": "ES", "it": "IT", "pt-PT": "PT"}[text("preferredLanguage")]
	if language == "" {
		language = "EN"
	}
	mail := text(`emails[type eq "work"].value`)
	return map[string]any{"id": id, "key": mail, "active": active, "native": map[string]any{
		"email": mail, "name": text("name.givenName"), "lastName": last, "uiLanguage": language,
		"phone":     strings.Replace(strings.ReplaceAll(phone, "(0)", ""), "0049", "+49", 1),
		"managerId": map[string]any{"id": text(enterprise + ":manager")},
	}}
}

func newShow(t *testing.T) (*tenant, demo.Show, *bytes.Buffer) {
	t.Helper()
	s, client := newTenant(t)
	out := new(bytes.Buffer)
	return s, demo.Show{Tenant: "sage", Vendors: []demo.Vendor{sage(t)}, Base: client.Base, Token: client.Token, Simulators: vendorOf(t, s), Nobody: "nobody",
		Pending: func(context.Context, string) (int, error) { return 0, nil }, Line: demo.NewLine(out, time.Now), Now: time.Now}, out
}

func TestShowEndsWithTheDirectoryAtTheVendor(t *testing.T) {
	t.Parallel()
	s, show, out := newShow(t)
	results, err := show.Run(t.Context(), demo.Directory(40))
	result := results[0]
	if err != nil || !result.OK() || result.Equal != 40 || result.HeldActive != 37 {
		t.Fatalf("%v: %+v\n%s", err, result.Verdicts, out)
	}
	for _, want := range []string{"sage after the first day", "sage after changes", "sage after the next day", "40/40 pushed", "201: 43, 204: 1"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if i := result.Invitation; i.ID == "" || s.users[i.ID]["userName"] != i.Guest.UserName {
		t.Errorf("the guest %s is not user %q", i.Guest.UserName, i.ID)
	}
}

func TestShowEndsWithTheFirstRefusals(t *testing.T) {
	t.Parallel()
	s, show, _ := newShow(t)
	s.refuse = func(r *http.Request) int {
		if r.Method == http.MethodDelete {
			return http.StatusForbidden
		}
		return 0
	}
	results, err := show.Run(t.Context(), demo.Directory(40))
	result := results[0]
	if err == nil || !strings.Contains(err.Error(), "the next day") || !strings.Contains(err.Error(), "403") || result.Wanted != 40 {
		t.Errorf("%v: %d wanted", err, result.Wanted)
	}
}

func TestLineSpeaksOnceASecond(t *testing.T) {
	t.Parallel()
	out, now := new(bytes.Buffer), time.Unix(0, 0)
	line := demo.NewLine(out, func() time.Time { return now })
	for i := range 25 {
		line.Say(fmt.Sprint("at ", i))
		now = now.Add(100 * time.Millisecond)
	}
	line.End("done")
	if out.String() != "at 10\nat 20\ndone\n" {
		t.Errorf("%q", out)
	}
}
