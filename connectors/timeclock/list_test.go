package timeclock_test

import (
	"fmt"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
)

// everybody lists all accounts, with what happens after the first page, and counts how often each comes.
func (c *company) everybody(meanwhile func()) map[string]int {
	c.T.Helper()
	return connectortest.Times(connectortest.ReadAll(c.T, c.Connector, 1000, func(pages int) {
		if pages == 1 && meanwhile != nil {
			meanwhile()
		}
	}))
}

func (c *company) staff(n int) {
	c.T.Helper()
	for i := range n {
		c.byHand("users.create", fmt.Sprintf(`{"username":"u%d@acme.test","email":"u%d@acme.test","firstName":"U","lastName":"%d"}`, i, i, i))
	}
}

func TestListing(t *testing.T) {
	for name, l := range map[string]struct {
		knobs     string
		n         int
		meanwhile func(*company)
		twice     bool // somebody may come twice
	}{
		"nobody":                     {"{}", 0, nil, false},
		"one page":                   {"{}", 200, nil, false},
		"past one page":              {"{}", 401, nil, false},
		"a vendor with small pages":  {`{"page_cap": 30}`, 401, nil, false},
		"rows that move on":          {`{"duplicate_rows": true}`, 405, nil, true},
		"somebody is made meanwhile": {"{}", 201, func(c *company) { c.create("x", ben) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCompany(t)
			c.staff(l.n)
			c.Turn(l.knobs)
			times := c.everybody(func() {
				if l.meanwhile != nil {
					l.meanwhile(c)
				}
			})
			for i := range l.n {
				if n := times[fmt.Sprintf("u%d@acme.test", i)]; n == 0 || n > 1 && !l.twice {
					t.Fatalf("user %d came %d times", i, n)
				}
			}
			if l.meanwhile != nil && times[ben] != 1 {
				t.Error("who was made meanwhile is left out")
			}
		})
	}
}

// A list of those who are active loses rows while it is read: offsets then skip somebody, unless
// a few rows are read again.
func TestNobodyIsPassedOverWhenUsersVanish(t *testing.T) {
	list := func(from, to int) string {
		var items []string
		for i := from; i < to; i++ {
			items = append(items, fmt.Sprintf(`{"id":%d,"username":"u%d","active":true}`, i, i))
		}
		return strings.Join(items, ",")
	}
	// 200 of 203 were read, then the first three vanished: what was 200th is 197th now.
	v := vendor(t, said{200, nil, `{"jsonrpc":"2.0","id":ID,"result":{"total":200,"items":[` + list(198, 203) + `]}}`})
	page, err := v.Connector.List(t.Context(), "200:199")
	if err != nil || len(page.Accounts) != 3 || page.Accounts[0].ID != "200" || page.Next != "" {
		t.Fatal(page, err)
	}
}

func TestAListThatNeverGrowsEnds(t *testing.T) {
	v := vendor(t, said{200, nil, `{"jsonrpc":"2.0","id":ID,"result":{"total":900,"items":[{"id":1,"username":"ben@acme.test","active":true}]}}`})
	if have, err := v.Connector.Find(t.Context(), v.record("1", ben, nil)); err != nil || have.ID != "1" {
		t.Fatal(have, err)
	}
}

func TestACursorOfAnotherListIsRefused(t *testing.T) {
	if _, err := newCompany(t).Connector.List(t.Context(), "x"); !connectors.Is(err, connectors.Internal) {
		t.Fatal(err)
	}
}
