package restyaml_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"scimrelay/connectors/restyaml"
)

// faultsOf are the faults of a file, one a line, without its name.
func faultsOf(text string) string {
	_, faults := restyaml.Parse("pets.yaml", []byte(text))
	var lines []string
	for _, fault := range faults {
		lines = append(lines, strings.TrimPrefix(fault.Error(), "pets.yaml:"))
	}
	return strings.Join(lines, "\n")
}

func TestWhatIsWrongIsSaidWhereItStands(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"nothing":                       {"settle: 10s", "settle: 20s", ""},
		"an unknown key":                {"settle: 10s", "setle: 10s", `5:1: unknown key "setle"`},
		"a missing key":                 {"settle: 10s\n", "", "1:1: settle is required"},
		"an unknown key of a call":      {"query: {mail: key}", "qery: {mail: key}", `21:5: unknown key "qery"`},
		"a name in capitals":            {"name: pets\n", "name: Pets\n", "1:7: name: want lower-case letters"},
		"a kind that is none":           {"deactivate: flag", "deactivate: vanish", `7:15: capabilities.deactivate: no "vanish": there are none, flag`},
		"a missing call":                {"  deactivate:\n    request: PATCH /keepers/{id}\n    body: {on: false}\n", "", "19:3: calls.deactivate: the call is missing: capabilities.deactivate says flag"},
		"a missing search":              {"  find:\n    request: GET /keepers\n    query: {mail: key}\n", "", "19:3: calls.find: the call is missing"},
		"a call for nothing":            {"deactivate: flag", "deactivate: none", "32:3: calls: deactivate is never called: capabilities.deactivate says none"},
		"no method":                     {"request: POST /keepers", "request: /keepers", "27:14: calls.create.request: want a method and a path"},
		"a path with a query":           {"request: POST /keepers", "request: POST /keepers?x=1", "27:14: calls.create.request: want a path"},
		"a path that climbs":            {"request: POST /keepers", "request: POST /../keepers", "27:14: calls.create.request: want a path"},
		"an unknown placeholder":        {"request: GET /keepers/{id}", "request: GET /keepers/{ident}", "23:14: calls.get.request: no placeholder {ident} here: there are {id}, {key}"},
		"a placeholder of a default":    {"request: POST /keepers", "request: POST /shops/{shop}", "27:14: calls.create.request: {shop} is a default that a target may leave out"},
		"an unknown name":               {"query: {mail: key}", "query: {mail: keey}", `21:19: calls.find.query.mail: unknown name keey (every text here is an expression`},
		"an unknown field":              {`body: {"...": fields, on: active}`, `body: {"...": fields, on: fields.onn}`, "28:38: calls.create.body.on: unknown field onn"},
		"an unknown default":            {`body: {"...": fields, on: active}`, `body: {"...": fields, on: active, shop: defaults.shp}`, "28:54: calls.create.body.shop: unknown field shp"},
		"credentials outside auth":      {"query: {mail: key}", "query: {mail: credentials.token}", "21:19: calls.find.query.mail: unknown name credentials"},
		"an unknown credential":         {"token: credentials.token", "token: credentials.tken", "14:31: auth.bearer.token: unknown field tken"},
		"a credential nobody reads":     {"  token: {description: a token}\n", "  token: {description: a token}\n  spare: {}\n", "11:3: credentials: nothing under auth reads spare"},
		"a kind of auth that is none":   {"  bearer: {token: credentials.token}", "  cookie: {token: credentials.token}", "14:3: auth: want exactly one of header, basic, bearer, login, oauth2"},
		"a body of a GET":               {"request: GET /keepers/{id}", "request: GET /keepers/{id}\n    body: {x: id}", "24:11: calls.get.body: a GET sends no body"},
		"a body and a form":             {"body: changes", "body: changes\n    form: changes", "32:11: calls.update.form: a call has a body or a form"},
		"changes where there are none":  {`body: {"...": fields, on: active}`, `body: changes`, "28:11: calls.create.body: unknown name changes"},
		"a spread of something else":    {`body: {"...": fields, on: active}`, `body: {"...": key, on: active}`, "28:19: calls.create.body.'...': want fields or changes here"},
		"an update of nobody":           {"request: PATCH /keepers/{id}\n    body: changes", "request: PATCH /keepers\n    body: changes", "30:5: calls.update: nothing of the call says which account is meant"},
		"a search for nobody":           {"    query: {mail: key}\n", "", "20:5: calls.find: nothing of the call reads key"},
		"a creation without active":     {`{"...": fields, on: active}`, `fields`, "27:5: calls.create: capabilities.create_inactive says"},
		"a field that is never sent":    {"body: changes", "body: {mail: changes.mail, name: changes.name}", "30:5: calls.update: it does not send the field age, which would differ for ever"},
		"a success that is none":        {"body: changes", "body: changes\n    success: [404]", "32:15: calls.update.success[0]: a success is from 200 to 299"},
		"a header that is ours":         {"body: changes", "body: changes\n    headers: {Authorization: key}", `32:15: calls.update.headers: "Authorization" is no header that can be set here`},
		"a bad path":                    {"key: mail\n", "key: mail..x\n", "16:8: account.key: want a path of names joined by dots"},
		"no key":                        {"  key: mail\n", "", "16:3: account: key is required"},
		"active that is no truth":       {"active: account.on == true", `active: '"on"'`, "17:11: account.active: the expression does not give a boolean"},
		"a path for no field":           {"  key: mail\n", "  key: mail\n  fields: {colour: color}\n", "17:12: account.fields.colour: mapping.types has no field of the name"},
		"a whole field through a list":  {"  key: mail\n", "  key: mail\n  fields: {mail: mails.0}\n", "29:19: calls.create.body.'...': the path of mail leads through a list"},
		"a required field that is none": {"  key: mail\n", "  key: mail\n  required: [colour]\n", `17:14: account.required[0]: mapping.types has no field "colour"`},
		"an error of the mapping":       {"name: user.displayName", "name: user.displayNam", "42:16: mapping: name: unknown field displayNam"},
		"a default of the mapping":      {"shop: defaults.shop", "shop: defaults.shp", "45:20: mapping: shop: unknown field shp"},
		"a mapping with defaults":       {"mapping:\n", "mapping:\n  defaults: {a: string}\n", "39:3: mapping: defaults has no place here"},
		"a mapping with groups":         {"mapping:\n", "mapping:\n  group: {key: group.displayName}\n", "39:3: mapping: group has no place here"},
		"a mapping badly indented":      {"mapping:\n  key: user.userName\n", "mapping:\n key: user.userName\n", "mapping value is not allowed"},
		"no types":                      {"  types: {mail: string, name: string, age: integer, shop: integer}\n", "", "39:3: mapping.types: want the type of every field"},
		"types with a star":             {"shop: integer}\n", "shop: integer, x*: string}\n", "46:68: mapping.types: a field stands here under its whole name"},
		"a style that is none":          {"calls:\n", "paging: {style: scroll}\ncalls:\n", `18:17: paging.style: no "scroll"`},
		"a key of another style":        {"calls:\n", "paging: {style: link, param: page}\ncalls:\n", "18:23: paging: the style link has no param"},
		"a key a style needs":           {"calls:\n", "paging: {style: cursor, param: after}\ncalls:\n", "18:9: paging.next: the style cursor needs it"},
		"a size without its name":       {"calls:\n", "paging: {style: link, size: 10}\ncalls:\n", "18:9: paging: size and size_param go together"},
		"pages of one account":          {"request: GET /keepers/{id}", "request: GET /keepers/{id}\n    paging: {style: link}", "24:13: calls.get.paging: the answer of this call is one account"},
		"a fault that is none":          {"mapping:\n", "faults:\n  - {status: 400, class: bad}\nmapping:\n", `39:26: faults[0].class: no "bad"`},
		"a fault that is ours":          {"mapping:\n", "faults:\n  - {status: 400, class: internal}\nmapping:\n", `39:26: faults[0].class: no "internal"`},
		"a fault of every success":      {"mapping:\n", "faults:\n  - {status: 200, class: seats}\nmapping:\n", "39:5: faults[0]: every success would be this fault"},
		"null in an expression":         {"mapping:\n", "faults:\n  - {status: 200, when: answer.person == null, class: not_found}\nmapping:\n", ""},
		"null for a field":              {`on: active}`, `on: active ? true : null}`, ""},
		"null in the mapping":           {"name: user.displayName", "name: 'user.displayName == null ? nil : user.displayName'", "42:32: mapping: name: unknown name null: nothing is written nil"},
		"one fault of a success":        {"mapping:\n", "faults:\n  - {status: 200, when: answr == 1, class: seats}\nmapping:\n", "39:25: faults[0].when: unknown name answr (every text"},
		"one fault of a status":         {"mapping:\n", "faults:\n  - {status: many, class: seats}\nmapping:\n", "39:14: faults[0].status: want a whole number"},
		"auth that has no keys":         {"  bearer: {token: credentials.token}", "  bearer: credentials.token", "14:11: auth.bearer: want keys and values, as in {token: …}"},
		"a field nobody declared":       {"name: user.displayName", "office: user.title", `42:13: mapping: the product has no field "office": there are`},
		"a style that is misspelt":      {"calls:\n", "paging: {style: curser, param: a, next: b}\ncalls:\n", `18:17: paging.style: no "curser": there are none, page`},
		"a fault of everything":         {"mapping:\n", "faults:\n  - {class: seats}\nmapping:\n", "39:5: faults[0]: want a status, a text or a when"},
		"a fault of a call that is not": {"mapping:\n", "faults:\n  - {status: 400, calls: [make], class: seats}\nmapping:\n", `39:27: faults[0].calls[0]: no "make"`},
		"a check without a way out":     {"mapping:\n", "check:\n  - {name: x, request: GET /me, expect: answer.ok == true}\nmapping:\n", "39:5: check[0].otherwise: want what to do"},
		"a limit of nothing":            {"settle: 10s\n", "settle: 10s\nlimits:\n  - {calls: [create], per_second: 0}\n", "7:5: limits[0]: want a number of calls a second above 0"},
		"a rate of nothing":             {"per_second: 1000", "per_second: 0", "4:7: rate: want a number of calls a second"},
		"a bad example":                 {"https://pets.example/api", "http://pets.example/api", "3:19: base_url_example: want https"},
		"no address at all":             {"base_url_example: https://pets.example/api\n", "", "1:1: base_url: want where the product lives"},
		"a reference":                   {"query: {mail: key}", `query: {mail: "${env:X}"}`, "21:19: calls.find.query.mail: a ${…} reference stands only where a secret does"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := faultsOf(but(t, pets, c.old, c.new))
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("want %q\ngot  %s", c.want, got)
			}
		})
	}
}

// TestOneCauseIsSaidOnce: what follows from a fault is none.
func TestOneCauseIsSaidOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"a when that does not compile": {"mapping:\n", "faults:\n  - {status: 200, when: answr == 1, class: seats}\nmapping:\n"},
		"a status that is none":        {"mapping:\n", "faults:\n  - {status: many, class: seats}\nmapping:\n"},
		"a style that is none":         {"calls:\n", "paging: {style: curser, param: a, next: b}\ncalls:\n"},
		"a prefix":                     {"name: user.displayName", "office: user.title"},
	} {
		got := faultsOf(but(t, pets, c[0], c[1]))
		if strings.Contains(got, "\n") || got == "" || strings.Contains(got, "mapping: mapping:") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestAllFaultsAreSaidAtOnce(t *testing.T) {
	t.Parallel()
	got := faultsOf(but(t, pets, "query: {mail: key}", "query: {mail: keey}", "active: account.on == true", "active: account.on ==",
		"name: user.displayName", "name: user.displayNam", "request: GET /keepers/{id}", "request: FETCH /keepers/{id}"))
	if strings.Count(got, "\n") < 3 {
		t.Errorf("got %s", got)
	}
}

func TestAFileThatIsNoYAMLIsAFault(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "[", "a: [1", "- x", "name", "{name: x, title: y}", strings.Repeat("[", 100), "name: &a x"} {
		if got := faultsOf(text); got == "" {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestLinesMayEndAsOnWindows(t *testing.T) {
	t.Parallel()
	if got := faultsOf(strings.ReplaceAll(pets, "\n", "\r\n")); got != "" {
		t.Error(got)
	}
	if got := faultsOf("\ufeff" + pets); got != "" {
		t.Error(got)
	}
}

func TestLoadReadsAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"b.yaml": but(t, pets, "name: pets\n", "name: birds\n"), "a.yaml": pets, "README.md": "no product", ".hidden.yaml": "no product",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	products, faults := restyaml.Load(dir)
	if len(faults) > 0 || len(products) != 2 || products[0].Name != "pets" || products[1].Name != "birds" {
		t.Fatal(len(products), faults)
	}
	if err := os.WriteFile(filepath.Join(dir, "c.yaml"), []byte(pets), 0o600); err != nil {
		t.Fatal(err)
	}
	_, faults = restyaml.Load(dir, "birds")
	if want := filepath.Join(dir, "b.yaml") + `:1:7: name: there is a product "birds" already`; !strings.Contains(faults.Error(), want) {
		t.Errorf("want %s, got %s", want, faults)
	}
	if want := filepath.Join(dir, "c.yaml") + `:1:7: name: there is a product "pets" already`; !strings.Contains(faults.Error(), want) {
		t.Errorf("want %s, got %s", want, faults)
	}
}

func TestAFolderThatIsNotThere(t *testing.T) {
	t.Parallel()
	if products, faults := restyaml.Load(""); len(products)+len(faults) > 0 {
		t.Error("no folder has products")
	}
	missing := filepath.Join(t.TempDir(), "none")
	if _, faults := restyaml.Load(missing); len(faults) != 1 || faults.Error() != missing+": the folder cannot be read: no such file or directory" {
		t.Error(faults)
	}
}

func TestAMappingInBracketsIsRefused(t *testing.T) {
	t.Parallel()
	above, _, _ := strings.Cut(pets, "mapping:\n")
	got := faultsOf(above + "mapping: {key: user.userName, fields: {mail: user.userName}, types: {mail: string}}\n")
	if !strings.Contains(got, "38:10: mapping: want its keys indented, on lines of their own") {
		t.Error(got)
	}
}

func TestAMappingMayStandInTheMiddle(t *testing.T) {
	t.Parallel()
	above, mapping, _ := strings.Cut(pets, "mapping:\n")
	head, calls, _ := strings.Cut(above, "calls:\n")
	text := head + "mapping:\n" + mapping + "# the calls\n\ncalls:\n" + calls
	if got := faultsOf(text); got != "" {
		t.Error(got)
	}
	if got := faultsOf(but(t, text, "user.displayName", "user.displayNam")); got != "22:16: mapping: name: unknown field displayNam" {
		t.Error(got)
	}
}
