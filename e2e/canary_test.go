package e2e_test

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// canaries are texts that must not be found, by what they are.
type canaries map[string]string

func (c canaries) absent(t *testing.T, place, text string) {
	t.Helper()
	for what, canary := range c {
		if at := strings.Index(text, canary); at >= 0 {
			t.Errorf("the %s is in the %s: …%s…", what, place, text[max(0, at-80):min(len(text), at+len(canary)+20)])
		}
	}
}

// absentFiles looks into every file of the folder.
func (c canaries) absentFiles(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 3 {
		t.Fatalf("files %v: %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c.absent(t, "file "+filepath.Base(file), string(text))
	}
}

// vendors adds what the tenant's file refers to.
func (c canaries) vendors(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, "sage") {
			return err
		}
		text, err := os.ReadFile(path)
		if value := strings.TrimSpace(string(text)); len(value) > 8 {
			c["vendor's "+d.Name()] = value
		}
		return err
	})
	if err != nil || len(c) < 4 {
		t.Fatalf("no secrets of the vendor in %s: %v, %v", dir, len(c), err)
	}
}

// canaryStory writes a person with a password, is refused in several ways, has the vendor fail,
// and waits until all is well. It returns everything the gateway has refused with.
func canaryStory(t *testing.T, i *installation, v *vendor, tok token, password string, personal canaries) (refusals string) {
	t.Helper()
	c := &client{base: "http://" + i.addr + "/t/t0/scim/v2", token: tok.Secret, http: http.DefaultClient}
	body := strings.Replace(user(personal["mail"]), `"title":null`, fmt.Sprintf(`"password":%q`, password), 1)
	body = strings.NewReplacer("Person", personal["name"], "+33 1 55 55 00 12", personal["phone"]).Replace(body)
	v.faults(t, `{"rate_limit":0,"rules":[{"status":500}]}`)
	status, answer, _ := c.do(http.MethodPost, "/Users", body)
	id, _ := answer["id"].(string)
	if status != http.StatusCreated || id == "" {
		t.Fatalf("POST: %d %v", status, answer)
	}
	if _, shown := answer["password"]; shown {
		t.Error("the answer shows the password")
	}
	for _, try := range []struct{ method, path, body string }{
		{http.MethodPost, "/Users", body}, // the name is taken
		{http.MethodPatch, "/Users/" + id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"nope","value":"` + password + `"}]}`},
		{http.MethodPatch, "/Users/" + id, replace("active", "perhaps")},
		{http.MethodPost, "/Users", strings.TrimSuffix(body, "}")},
	} {
		status, refusal := c.raw(t, try.method, try.path, try.body)
		if status < 400 {
			t.Logf("%s %s: %d", try.method, try.path, status)
			continue
		}
		refusals += strings.ReplaceAll(refusal, personal["mail"], "") // the client's own words may come back to it
	}
	wrong := &client{base: c.base, token: tok.Secret + "x", http: http.DefaultClient}
	_, refusal := wrong.raw(t, http.MethodGet, "/Users", "")
	refusals += refusal
	eventually(t, 30*time.Second, "the vendor's failure is known", func() bool {
		out, _, _ := command(t, "tenant", "status", "t0", "--config", i.config, "--json")
		return strings.Contains(out, `"fault"`)
	})
	v.faults(t, `{"rate_limit":0,"rules":[]}`)
	if status, _, _ := c.do(http.MethodPatch, "/Users/"+id, replace("password", password)); status >= 500 {
		t.Errorf("PATCH: %d", status)
	}
	if status, _, _ := c.do(http.MethodPatch, "/Users/"+id, replace("displayName", personal["name"])); status != http.StatusOK {
		t.Errorf("PATCH: %d", status)
	}
	eventually(t, 60*time.Second, "the person has an account", func() bool { return len(v.accounts(t)) == 1 })
	if _, code := i.tokenCommand(t, "deactivate", "t0", tok.ID); code != 0 {
		t.Error("the token is not deactivated")
	}
	eventually(t, 5*time.Second, "the token is refused", func() bool {
		status, _, _ := c.do(http.MethodGet, "/Users?count=1", "")
		return status == http.StatusUnauthorized
	})
	eventually(t, 10*time.Second, "its use after that is in the audit", func() bool {
		for _, e := range i.audit(t, "t0") {
			if e.Kind == "token.used_after_end" && e.Actor == "token:"+tok.ID {
				return true
			}
		}
		return false
	})
	return refusals
}

// raw sends one request and returns the answer as it is.
func (c *client) raw(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, c.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/scim+json")
	return read(t, req)
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, text := read(t, req)
	return text
}

func read(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// dump is everything the installation keeps: the resources, the links (which name the key a
// creation went out with while it is not known what became of it), all other tables, the queue.
func dump(t *testing.T, i *installation, storeURL, queueURL string) map[string]string {
	t.Helper()
	driver, source := "pgx", storeURL
	list := `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`
	if storeURL == "" {
		driver, source = "sqlite", "file:"+filepath.Join(i.dir, "data", "scimrelay.db")+"?_pragma=busy_timeout(5000)"
		list = `SELECT name FROM sqlite_master WHERE type = 'table'`
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found := map[string]string{"queue": ""}
	for _, table := range column(t, db, list) {
		place := "rest"
		if table == "resources" {
			place = "resources"
		}
		found[place] += table + "\n" + strings.Join(rowsOf(t, db, table), "\n") + "\n"
	}
	if options, err := redis.ParseURL(queueURL); err == nil {
		found["queue"] = queued(t, redis.NewClient(options))
	}
	return found
}

func column(t *testing.T, db *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

func rowsOf(t *testing.T, db *sql.DB, table string) (lines []string) {
	t.Helper()
	rows, err := db.Query(`SELECT * FROM ` + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values := make([]any, len(columns))
		for n := range values {
			values[n] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		line := ""
		for _, value := range values {
			if v, ok := value.(*any); ok {
				line += fmt.Sprintf("%s|", *v)
			}
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// queued is everything in Redis, as it would be written to a file.
func queued(t *testing.T, client *redis.Client) (all string) {
	t.Helper()
	defer client.Close()
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		all += key + "\n" + client.Dump(t.Context(), key).Val() + "\n"
	}
	return all
}
