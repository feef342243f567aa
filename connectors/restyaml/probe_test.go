package restyaml_test

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/restyaml"
	"scimrelay/connectors/restyaml/sim"
)

// TestAProbeSaysThatCredentialsAreRefused: of a product whose file has a list, and of one whose
// file has none and is asked for somebody there cannot be.
func TestAProbeSaysThatCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile("../../configs/products/gitlab.yaml")
	if err != nil {
		t.Fatal(err)
	}
	from, to := strings.Index(string(whole), "  list:\n"), strings.Index(string(whole), "  create:\n    request")
	for name, text := range map[string]string{"with a list": string(whole), "without": string(whole[:from]) + string(whole[to:])} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			product, faults := restyaml.Parse("gitlab.yaml", []byte(text))
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			clock := connectortest.NewClock()
			c := connectortest.NewBench[connectors.Connector](t, connectortest.Setup{Product: product, Simulator: sim.GitLab(clock.Now), Clock: clock})
			if _, lists := c.Connector.(connectors.Lister); lists != (name == "with a list") {
				t.Fatal("the file is not what the test is about")
			}
			if err := connectors.Probe(t.Context(), c.Connector); err != nil {
				t.Errorf("with good credentials: %v", err)
			}
			if calls := c.Calls(0); len(calls) != 1 || !strings.HasPrefix(calls[0], "GET ") {
				t.Errorf("a probe is %q", calls)
			}
			c.Turn(`{"token_revoked": true}`)
			if err := connectors.Probe(t.Context(), c.Connector); !connectors.Is(err, connectors.Auth) {
				t.Errorf("with revoked ones: %v", err)
			}
		})
	}
}

// TestAProbeOfAFileWithoutAList: what the vendor says of somebody there cannot be.
func TestAProbeOfAFileWithoutAList(t *testing.T) {
	t.Parallel()
	alone := but(t, pets, "  list:\n    request: GET /keepers\n", "")
	one := but(t, alone, "  find:\n    request: GET /keepers\n", "  find:\n    request: GET /keepers\n    item: keeper\n")
	numbered := but(t, alone, "query: {mail: key}", "query: {mail: int(key)}")
	checked := but(t, numbered, "mapping:\n", "check:\n  - {name: me, request: GET /me}\nmapping:\n")
	for name, c := range map[string]struct {
		text   string
		status int
		body   any
		want   connectors.Class
		asked  []string
	}{
		"nobody":                     {alone, 200, []any{}, "", []string{"GET /keepers"}},
		"no such person":             {one, 404, object{"message": "no"}, "", []string{"GET /keepers"}},
		"a key it does not like":     {alone, 422, object{"message": "no"}, "", []string{"GET /keepers"}},
		"refused":                    {alone, 401, object{"message": "no"}, connectors.Auth, []string{"GET /keepers"}},
		"forbidden":                  {alone, 403, object{"message": "no"}, connectors.Denied, []string{"GET /keepers"}},
		"away":                       {alone, 503, object{"message": "no"}, connectors.Transient, []string{"GET /keepers"}},
		"not an answer of its own":   {alone, 200, object{}, connectors.Nonsense, []string{"GET /keepers"}},
		"a key that cannot be sent":  {checked, 200, object{}, "", []string{"GET /me"}},
		"refused without such a key": {checked, 401, object{"message": "no"}, connectors.Auth, []string{"GET /me"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, func(w http.ResponseWriter, _ *http.Request, _ string) { write(w, c.status, c.body) })
			err := connectors.Probe(t.Context(), keeper(t, c.text, v.URL))
			if c.want == "" && err != nil || c.want != "" && !connectors.Is(err, c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			asked := v.requests()
			for i, line := range asked {
				asked[i], _, _ = strings.Cut(line, "?")
			}
			if !slices.Equal(asked, c.asked) {
				t.Errorf("asked %q, want %q", asked, c.asked)
			}
		})
	}
}
