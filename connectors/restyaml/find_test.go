package restyaml_test

import (
	"net/http"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
)

func TestAMatchIsComparedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		changes []string
		answer  any
		id      string
		class   connectors.Class
	}{
		"one":                        {nil, []any{held(nil)}, "1", ""},
		"nobody":                     {nil, []any{}, "", connectors.NotFound},
		"somebody else":              {nil, []any{held(object{"mail": "ana@x.test.evil"})}, "", connectors.NotFound},
		"letter case":                {nil, []any{held(object{"mail": "ANA@X.test"})}, "1", ""},
		"letter case that counts":    {[]string{"  key: mail\n", "  key: mail\n  key_case: exact\n"}, []any{held(object{"mail": "ANA@X.test"})}, "", connectors.NotFound},
		"two":                        {nil, []any{held(nil), held(object{"id": 2})}, "", connectors.Ambiguous},
		"one twice":                  {nil, []any{held(nil), held(nil)}, "1", ""},
		"one that is gone":           {[]string{"  key: mail\n", "  key: mail\n  gone: account.deleted == true\n"}, []any{held(object{"deleted": true}), held(object{"id": 2})}, "2", ""},
		"no key":                     {nil, []any{object{"id": 1, "on": true}}, "", connectors.NotFound},
		"a list inside":              {[]string{"    query: {mail: key}", "    query: {mail: key}\n    items: data.list"}, object{"data": object{"list": []any{held(nil)}}}, "1", ""},
		"one account, not a list":    {[]string{"    query: {mail: key}", "    query: {mail: key}\n    item: ''"}, held(nil), "1", ""},
		"one account, or null":       {[]string{"    query: {mail: key}", "    query: {mail: key}\n    item: keeper"}, object{"keeper": nil}, "", connectors.NotFound},
		"no shape":                   {nil, object{"id": 1}, "", connectors.Nonsense},
		"what cannot be told active": {[]string{"account.on == true", "account.state.on == true"}, []any{held(nil)}, "", connectors.Nonsense},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, answering(200, c.answer))
			have, err := keeper(t, but(t, pets, c.changes...), v.URL).Find(t.Context(), ana())
			if have.ID != c.id || c.class == "" && err != nil || c.class != "" && !connectors.Is(err, c.class) {
				t.Errorf("%q, %v", have.ID, err)
			}
		})
	}
}

func TestFindOfOneAccountTakes404ForNobody(t *testing.T) {
	t.Parallel()
	v := newVendor(t, answering(404, object{"message": "nobody"}))
	text := but(t, pets, "request: GET /keepers\n    query: {mail: key}", "request: GET /keepers/by-mail/{key}\n    item: ''")
	if _, err := keeper(t, text, v.URL).Find(t.Context(), ana()); !connectors.Is(err, connectors.NotFound) {
		t.Error(err)
	}
	if got := v.requests()[0]; got != "GET /keepers/by-mail/ana@x.test" {
		t.Error(got)
	}
}

func TestFindByIDTrustsNoOtherAccount(t *testing.T) {
	t.Parallel()
	byID := ana(func(r *connectors.Record) { r.VendorID = "7" })
	for name, c := range map[string]struct {
		status int
		body   any
		class  connectors.Class
	}{
		"another account": {200, held(nil), connectors.Nonsense},
		"no account":      {200, object{}, connectors.Nonsense},
		"a list":          {200, []any{held(nil)}, connectors.Nonsense},
		"not there":       {404, object{"message": "no"}, connectors.NotFound},
	} {
		v := newVendor(t, answering(c.status, c.body))
		if _, err := keeper(t, pets, v.URL).Find(t.Context(), byID); !connectors.Is(err, c.class) {
			t.Errorf("%s: %v", name, err)
		}
	}
	v := newVendor(t, func(w http.ResponseWriter, _ *http.Request, _ string) { w.WriteHeader(404) })
	if _, err := keeper(t, pets, v.URL).Find(t.Context(), byID); !connectors.Is(err, connectors.Nonsense) {
		t.Errorf("a 404 that is not the vendor's: %v", err)
	}
}

func TestTheTableOfFaults(t *testing.T) {
	t.Parallel()
	const table = `faults:
  - {status: [400, 422], calls: [create], text: Already Taken, class: exists}
  - {status: 400, when: 'answer.error.code == 77', class: seats}
  - {status: 402, when: 'status == 402 and answer.plan == "free"', class: plan}
  - {text: maintenance, class: transient}
  - {status: 200, when: answer.success == false, calls: [create, update], class: invalid}
  - {status: 404, calls: [get], class: nonsense}
reason: error.text
mapping:
`
	text := but(t, pets, "mapping:\n", table)
	for name, c := range map[string]struct {
		status int
		body   any
		class  connectors.Class
		detail string
	}{
		"by its text":             {422, object{"error": object{"text": []any{"mail is ALREADY taken"}}}, connectors.Exists, "pets answered 422 to POST /keepers: mail is ALREADY taken"},
		"the text of another":     {409, object{"error": object{"text": "already taken"}}, connectors.Exists, ""},
		"by a code":               {400, object{"error": object{"code": 77, "text": object{"seat": []any{"none left", "buy"}}}}, connectors.Seats, "pets answered 400 to POST /keepers: seat none left; seat buy"},
		"no code":                 {400, object{"message": "x"}, connectors.Invalid, "pets answered 400 to POST /keepers: x"},
		"by status and body":      {402, object{"plan": "free"}, connectors.Plan, ""},
		"by any status":           {403, object{"message": "in Maintenance"}, connectors.Transient, ""},
		"inside a success":        {200, object{"success": false, "error": object{"text": "no ana@x.test here"}}, connectors.Invalid, "pets answered 200 to POST /keepers: no … here"},
		"the preset":              {422, object{"message": "x"}, connectors.Invalid, ""},
		"a 401":                   {401, object{"message": "x"}, connectors.Auth, ""},
		"a 429":                   {429, object{"message": "x"}, connectors.Throttled, ""},
		"maintenance in the html": {403, nil, connectors.Denied, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, answering(c.status, c.body))
			_, err := keeper(t, text, v.URL).Create(t.Context(), ana())
			fault := connectors.FaultOf(err)
			if fault == nil || fault.Class != c.class || c.detail != "" && fault.Detail != c.detail {
				t.Errorf("%v", err)
			}
		})
	}
	v := newVendor(t, answering(404, object{"message": "no"}))
	_, err := keeper(t, text, v.URL).Find(t.Context(), ana(func(r *connectors.Record) { r.VendorID = "1" }))
	if !connectors.Is(err, connectors.Nonsense) {
		t.Errorf("a rule of get: %v", err)
	}
}

func TestSettingsSayEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	text := but(t, pets, "  shop: {type: integer, description: the shop of new keepers}\n",
		"  shop: {type: integer, required: true}\n  kind: {type: string, one_of: [cat, dog]}\n  big: {type: boolean}\n")
	target := targetOf(t, "http://pets.example", map[string]string{"tokn": "t"}, "defaults: {kind: cow, big: 7, colour: red}")
	_, faults := mustParse(t, text).Settings(target)
	var told []string
	for _, fault := range faults {
		told = append(told, fault.Error())
	}
	got := strings.Join(told, "\n")
	for _, want := range []string{`acme.yaml:5:19: unknown key "tokn": known here are token`, "acme.yaml:6:15: base_url: want https",
		"acme.yaml:7:22: defaults.kind: want one of cat, dog", "targets[0].defaults.big: want true or false", `unknown key "colour": known here are big, kind, shop`,
		"defaults.shop is required"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	_, faults = mustParse(t, pets).Settings(targetOf(t, "", nil))
	if len(faults) != 1 || !strings.Contains(faults[0].Error(), "base_url is required, as in https://pets.example/api") {
		t.Error(faults)
	}
	_, faults = mustParse(t, pets).Settings(targetOf(t, "http://127.0.0.1:1", nil))
	if len(faults) != 1 || !strings.Contains(faults[0].Error(), "acme.yaml:5:18: credentials: want token") {
		t.Error(faults)
	}
	_, faults = mustParse(t, pets).Settings(targetOf(t, "http://127.0.0.1:1", map[string]string{"token": "t"}, "mapping: {shop: {expression: defaults.shop, apply: always}}"))
	if len(faults) > 0 {
		t.Errorf("changes are all that differs: %v", faults)
	}
	_, faults = mustParse(t, but(t, pets, "body: changes", "body: {mail: changes.mail, name: changes.name, age: changes.age}")).Settings(
		targetOf(t, "http://127.0.0.1:1", map[string]string{"token": "t"}, "mapping: {shop: {expression: defaults.shop, apply: always}}"))
	if len(faults) != 1 || !strings.Contains(faults[0].Error(), "acme.yaml:7:34: mapping: shop: Pet Shop can give it to a new account only") {
		t.Error(faults)
	}
	if _, faults = mustParse(t, but(t, pets, "base_url_example", "base_url")).Settings(targetOf(t, "", map[string]string{"token": "t"})); len(faults) > 0 {
		t.Error(faults)
	}
}

func TestLimitsOnSingleCalls(t *testing.T) {
	t.Parallel()
	v := newVendor(t, answering(201, held(nil)))
	product := mustParse(t, but(t, pets, "settle: 10s\n", "settle: 10s\nlimits:\n  - {calls: [create], per_second: 0.001, burst: 1}\n"))
	_, _, c := connectortest.Open(t, product, targetOf(t, v.URL, map[string]string{"token": "t"}),
		connectors.Env{Tenant: "acme", Target: "pets", Buckets: connectors.NewLocalBuckets(nil)})
	if _, err := c.Create(t.Context(), ana()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := withDeadline(t)
	defer cancel()
	if _, err := c.Create(ctx, ana()); !connectors.Is(err, connectors.Transient) {
		t.Errorf("the second: %v", err)
	}
	if _, err := c.Update(t.Context(), remote(), ana(with("name", "Ben"))); err != nil {
		t.Errorf("another call: %v", err)
	}
}
