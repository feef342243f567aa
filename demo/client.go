package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Client speaks SCIM to one tenant's base URL as Entra does: without User-Agent, with a charset
// in the content type, and never with a request Entra does not know. It is safe for use by
// several goroutines.
type Client struct {
	Base  string // the tenant's SCIM base URL
	Token string
	// Pace bounds the requests per second.
	Pace *rate.Limiter
	// HTTP is what sends; see NewHTTP.
	HTTP  *http.Client
	Tally Tally
}

// NewHTTP returns the HTTP client of the demonstration. It goes round proxies: everything it
// calls was started beside it.
func NewHTTP(connections int) *http.Client {
	transport := &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections}
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

// Test is Entra's "Test Connection": a search for a name that nobody has, which must find
// nobody rather than fail.
func (c *Client) Test(ctx context.Context, nobody string) error {
	id, err := c.find(ctx, nobody)
	if err == nil && id != "" {
		err = fmt.Errorf("somebody is called %q", nobody)
	}
	if err != nil {
		return fmt.Errorf("demo: test the connection: %w", err)
	}
	return nil
}

// find returns the id of the user of the name, empty when there is none.
func (c *Client) find(ctx context.Context, userName string) (string, error) {
	filter := `userName eq "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(userName) + `"`
	var page struct {
		TotalResults *int `json:"totalResults"`
		Resources    []struct {
			ID string `json:"id"`
		} `json:"Resources"`
	}
	// Entra writes a space as %20; to a form decoder a plus would be one as well.
	query := strings.ReplaceAll(url.QueryEscape(filter), "+", "%20")
	if err := c.call(ctx, http.MethodGet, "/Users?filter="+query, nil, http.StatusOK, &page); err != nil {
		return "", err
	}
	switch {
	case page.TotalResults == nil || *page.TotalResults != len(page.Resources) || len(page.Resources) > 1:
		return "", fmt.Errorf("the search for %q was answered with %d users", userName, len(page.Resources))
	case len(page.Resources) == 0:
		return "", nil
	}
	return page.Resources[0].ID, nil
}

func (c *Client) create(ctx context.Context, p Person) (id string, err error) {
	var made struct {
		ID string `json:"id"`
	}
	err = c.call(ctx, http.MethodPost, "/Users", body(p), http.StatusCreated, &made)
	if err == nil && made.ID == "" {
		err = fmt.Errorf("the answer to POST /Users has no id")
	}
	return made.ID, err
}

func (c *Client) patch(ctx context.Context, id string, message object) error {
	return c.call(ctx, http.MethodPatch, "/Users/"+id, message, http.StatusOK, nil)
}

func (c *Client) remove(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/Users/"+id, nil, http.StatusNoContent, nil)
}

// call sends one request and decodes the answer. An answer of another status is an
// *UnexpectedError; a change may be answered without a body.
func (c *Client) call(ctx context.Context, method, path string, message object, want int, answer any) error {
	if err := c.Pace.Wait(ctx); err != nil {
		return err
	}
	r, err := c.request(ctx, method, path, message)
	if err != nil {
		return err
	}
	resp, err := c.HTTP.Do(r)
	if err != nil {
		c.Tally.count(0)
		return err
	}
	defer resp.Body.Close()
	c.Tally.count(resp.StatusCode)
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	switch {
	case err != nil:
		return fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	case method == http.MethodPatch && resp.StatusCode == http.StatusNoContent:
		return nil
	case resp.StatusCode != want:
		return unexpected(r, resp.StatusCode, text)
	case answer == nil:
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s %s: decode the answer: %w", method, path, err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, message object) (*http.Request, error) {
	var text []byte
	if message != nil {
		var err error
		if text, err = json.Marshal(message); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, c.Base+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	r.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	r.Header["User-Agent"] = nil // present and empty: net/http then sends none
	return r, nil
}
