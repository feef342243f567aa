package restyaml_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/restyaml"
	"scimrelay/tenants"
)

// pets is a small product; tests change lines of it.
const pets = `name: pets
title: Pet Shop
base_url_example: https://pets.example/api
rate: {per_second: 1000, burst: 1000, concurrency: 4}
settle: 10s
capabilities:
  deactivate: flag
  create_inactive: true
credentials:
  token: {description: a token}
defaults:
  shop: {type: integer, description: the shop of new keepers}
auth:
  bearer: {token: credentials.token}
account:
  key: mail
  active: account.on == true
calls:
  find:
    request: GET /keepers
    query: {mail: key}
  get:
    request: GET /keepers/{id}
  list:
    request: GET /keepers
  create:
    request: POST /keepers
    body: {"...": fields, on: active}
  update:
    request: PATCH /keepers/{id}
    body: changes
  deactivate:
    request: PATCH /keepers/{id}
    body: {on: false}
  reactivate:
    request: PATCH /keepers/{id}
    body: {on: true}
mapping:
  key: user.userName
  fields:
    mail: user.userName
    name: user.displayName
    age: 'user.employeeNumber == nil ? nil : int(user.employeeNumber)'
  on_create:
    shop: defaults.shop
  types: {mail: string, name: string, age: integer, shop: integer}
`

// but is a text with one part of it replaced, which must be there once.
func but(t *testing.T, text string, changes ...string) string {
	t.Helper()
	for i := 0; i < len(changes); i += 2 {
		if strings.Count(text, changes[i]) != 1 {
			t.Fatalf("%q stands %d times in the file", changes[i], strings.Count(text, changes[i]))
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	return text
}

func mustParse(t *testing.T, text string) connectors.Product {
	t.Helper()
	product, faults := restyaml.Parse("pets.yaml", []byte(text))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return product
}

// said is one request as it arrived.
type said struct {
	method, path, query, body string
	header                    http.Header
}

// vendor is a server whose answers a test writes.
type vendor struct {
	*httptest.Server
	mu   sync.Mutex
	said []said
}

func newVendor(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, body string)) *vendor {
	t.Helper()
	v := &vendor{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		v.said = append(v.said, said{r.Method, r.URL.Path, r.URL.RawQuery, string(text), r.Header.Clone()})
		v.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		answer(w, r, string(text))
	}))
	t.Cleanup(v.Close)
	return v
}

// requests tells what arrived, as "PATCH /keepers/1 {…}".
func (v *vendor) requests() (told []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range v.said {
		line := s.method + " " + s.path
		if s.query != "" {
			line += "?" + s.query
		}
		if s.body != "" {
			line += " " + s.body
		}
		told = append(told, line)
	}
	v.said = nil
	return told
}

// targetOf reads a tenant's target of the product; more are lines of its YAML.
func targetOf(t *testing.T, base string, credentials map[string]string, more ...string) tenants.Target {
	t.Helper()
	dir := t.TempDir()
	var refs []string
	for _, name := range slices.Sorted(maps.Keys(credentials)) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(credentials[name]), 0o600); err != nil {
			t.Fatal(err)
		}
		refs = append(refs, fmt.Sprintf(`%s: "${file:%s}"`, name, filepath.Join(dir, name)))
	}
	text := fmt.Sprintf("id: acme\ntargets:\n  - id: pets\n    product: pets\n    credentials: {%s}\n", strings.Join(refs, ", "))
	if base != "" {
		text += "    base_url: " + base + "\n"
	}
	for _, line := range more {
		text += "    " + line + "\n"
	}
	tenant, faults := tenants.Parse("acme.yaml", []byte(text))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return tenant.Targets[0]
}

// keeper opens a target of the product with the token "t".
func keeper(t *testing.T, text, base string, more ...string) connectors.Connector {
	t.Helper()
	return openWith(t, mustParse(t, text), targetOf(t, base, map[string]string{"token": "t"}, more...), nil)
}

func openWith(t *testing.T, product connectors.Product, target tenants.Target, now func() time.Time) connectors.Connector {
	t.Helper()
	_, _, c := connectortest.Open(t, product, target, connectors.Env{Tenant: "acme", Target: "pets", Now: now})
	return c
}

// ana is a record as the mapping makes one.
func ana(changes ...func(*connectors.Record)) connectors.Record {
	r := connectors.Record{Resource: "r1", Key: "ana@x.test", Active: true,
		Fields: map[string]any{"mail": "ana@x.test", "name": "Ana", "age": int64(7)}, OnCreate: map[string]any{"shop": int64(3)}}
	for _, change := range changes {
		change(&r)
	}
	return r
}

func write(w http.ResponseWriter, status int, body any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

type object = map[string]any

// withDeadline is a context whose end a bucket of one call in a thousand seconds cannot wait for.
func withDeadline(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), time.Minute)
}
