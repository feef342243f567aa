package tenants_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/tenants"
)

// What is shown after its end is told once an hour, and only when it was the token itself.
func TestATokenThatIsShownAfterItsEndIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t)
		var told []tenants.Status
		full := true
		d.Spent = func(token tenants.Token, status tenants.Status, _ time.Time) bool {
			if token.KeyID != d.token.KeyID {
				t.Errorf("told of %s", token.KeyID)
			}
			if full { // the first one finds no room, and must not be lost for an hour
				full = false
				return false
			}
			told = append(told, status)
			return true
		}
		refused := func(tenant, secret string) {
			t.Helper()
			if _, err := d.Authenticate(t.Context(), tenant, []string{"Bearer " + secret}); !errors.Is(err, tenants.ErrUnauthorized) {
				t.Errorf("not refused: %v", err)
			}
		}
		if _, err := d.Authenticate(t.Context(), "acme", []string{"Bearer " + d.secret}); err != nil {
			t.Fatal(err)
		}
		d.shelf.change(d.token.KeyID, func(token *tenants.Token) { token.Status, token.Slot = tenants.Inactive, 0 })
		<-time.After(time.Second) // virtual
		foreign, forged := mustIssue(t, mustHasher(t), time.Now())
		d.shelf.change(foreign.KeyID, func(token *tenants.Token) { *token = d.token; token.KeyID = foreign.KeyID })
		refused("acme", forged)
		refused("other", d.secret)
		if len(told) > 0 {
			t.Errorf("guesses and strangers are told of: %v", told)
		}
		for range 3 {
			refused("acme", d.secret)
		}
		<-time.After(time.Hour)
		d.shelf.change(d.token.KeyID, func(token *tenants.Token) { token.Status = tenants.Expired })
		<-time.After(time.Second)
		refused("acme", d.secret)
		if want := []tenants.Status{tenants.Inactive, tenants.Expired}; !slices.Equal(told, want) {
			t.Errorf("told %v, want %v", told, want)
		}
	})
}
