package rest_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// TestNoCredentialIsToldWhateverTheVendorQuotes: a vendor may quote a header whole, without its
// scheme, or unpacked.
func TestNoCredentialIsToldWhateverTheVendorQuotes(t *testing.T) {
	t.Parallel()
	pair := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	for name, c := range map[string]struct {
		header http.Header
		quotes []string
	}{
		"bearer": {http.Header{"Authorization": {"Bearer canary-secret-abc"}}, []string{"Bearer canary-secret-abc", "canary-secret-abc", "bearer CANARY-secret-abc"}},
		"token":  {http.Header{"Authorization": {`Token token="canary-secret-abc", kind="x"`}}, []string{`Token token="canary-secret-abc", kind="x"`, "canary-secret-abc"}},
		"basic": {http.Header{"Authorization": {"Basic " + pair("canary user:canary-pass:word")}},
			[]string{"Basic " + pair("canary user:canary-pass:word"), pair("canary user:canary-pass:word"), "canary user:canary-pass:word", "canary user", "canary-pass:word"}},
		"basic, escaped": {http.Header{"Authorization": {"basic " + pair("canary%2Fid:canary%2Bsecret")}},
			[]string{"canary%2Fid:canary%2Bsecret", "canary/id", "canary+secret", "canary%2Bsecret"}},
		"no pair":         {http.Header{"Authorization": {"Basic canary:secret"}}, []string{"canary:secret"}},
		"another header":  {http.Header{"X-Session-Key": {"canary=secret"}}, []string{"canary=secret"}},
		"several of them": {http.Header{"X-Key": {"canary-a", "canary-b"}, "X-Other": {"canary-c"}}, []string{"canary-a", "canary-b", "canary-c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, quoted := range c.quotes {
				body, _ := json.Marshal(map[string]any{"message": "the token " + quoted + " is revoked"})
				client := vendor(t, rest.Options{}, answer(401, "application/json", string(body)))
				got, err := client.Do(t.Context(), rest.Call{Method: "GET", Path: "/users", Header: c.header})
				if detail := connectors.FaultOf(err).Detail; !strings.HasSuffix(detail, "the token … is revoked") {
					t.Errorf("%q is told: %s", quoted, detail)
				}
				if told := rest.Redact("the token "+quoted+" is revoked", got.Carried()...); told != "the token … is revoked" {
					t.Errorf("%q is told by who reads the words elsewhere: %s", quoted, told)
				}
			}
		})
	}
}
