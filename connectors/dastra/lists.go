package dastra

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// Sizes of pages. Dastra gives 500 rows at most.
const (
	searchSize = 500
	listSize   = 100
)

// row is one object of a list.
type row = map[string]any

// rule is one of Dastra's filters.
type rule struct {
	Field    string `json:"field"`
	Operator string `json:"operator"`
	Value    any    `json:"value"`
}

// equal asks for those whose field has the text.
func equal(field, text string) *rule { return &rule{field, "equal", text} }

// search is one list to read.
type search struct {
	path   string
	filter *rule
	size   int
	hidden []string
}

// page is one page of a list.
type page struct {
	Items []row `json:"items"`
	Total *int  `json:"total"`
	Size  int   `json:"size"`
}

// place is where a list has got to: its next page, and how many there were at the last one.
type place struct{ number, total int }

// after is the place behind the page, and whether there is one. Where somebody was taken out
// meanwhile, others have moved onto the page before: it is read again.
func (at place) after(p page, asked int) (next place, more bool) {
	size := asked
	if p.Size > 0 {
		size = p.Size
	}
	switch shrunk := *p.Total < at.total; {
	case shrunk && at.number > 1:
		return place{at.number - 1, *p.Total}, true
	case len(p.Items) == 0 || at.number*size >= *p.Total:
		return place{}, false
	default:
		return place{at.number + 1, *p.Total}, true
	}
}

// page reads one page. Lists are sorted by id, so that whoever comes meanwhile comes last.
func (c *connector) page(ctx context.Context, s search, number int) (page, error) {
	query := url.Values{"page": {strconv.Itoa(number)}, "size": {strconv.Itoa(s.size)}, "sortBy": {"id"}, "asc": {"true"}}
	if s.filter != nil {
		text, err := json.Marshal(s.filter)
		if err != nil {
			return page{}, connectors.Faultf(connectors.Internal, "the filter cannot be written as JSON")
		}
		query.Set("filters", string(text))
	}
	call := rest.Call{Method: http.MethodGet, Path: s.path, Query: query, Private: s.hidden}
	if strings.Contains(s.path, "{ws}") {
		call.Params = c.params()
	}
	answer, err := c.do(ctx, call)
	if err != nil {
		return page{}, err
	}
	var p page
	if err := answer.Decode(&p); err != nil {
		return page{}, err
	}
	if p.Items == nil || p.Total == nil {
		return page{}, connectors.Faultf(connectors.Nonsense, "Dastra answered a list without items or total")
	}
	if number == 1 && len(p.Items) == 0 && *p.Total > 0 {
		return page{}, connectors.Faultf(connectors.Nonsense, "Dastra counts rows and lists none")
	}
	return p, nil
}

// all reads a list to its end and gives the rows to keep, each once.
func (c *connector) all(ctx context.Context, s search, keep func(row) bool) (found []row, err error) {
	seen, at, pages := map[string]bool{}, place{number: 1}, connectors.Pages{}
	for more := true; more; {
		if err := pages.Turn(); err != nil {
			return nil, err
		}
		p, err := c.page(ctx, s, at.number)
		if err != nil {
			return nil, err
		}
		for _, r := range p.Items {
			if id := connectors.TextOf(r["id"]); !seen[id] && keep(r) {
				seen[id] = true
				found = append(found, r)
			}
		}
		at, more = at.after(p, s.size)
	}
	return found, nil
}

// params are the values of a path in the workspace.
func (c *connector) params(pairs ...string) map[string]string {
	params := map[string]string{"ws": strconv.FormatInt(c.settings.Workspace, 10)}
	for i := 0; i+1 < len(pairs); i += 2 {
		params[pairs[i]] = pairs[i+1]
	}
	return params
}

// do makes a call of the REST API. Where it is the workspace that is not found, the fault says so.
func (c *connector) do(ctx context.Context, call rest.Call) (rest.Answer, error) {
	answer, err := c.api.Do(ctx, call)
	if answer.Status == http.StatusNotFound && strings.Contains(call.Path, "{ws}") && connectors.Is(err, connectors.Nonsense) {
		fault := *connectors.FaultOf(err)
		fault.Detail = "Dastra does not know workspace " + call.Params["ws"] + ", or answers at another address: look at defaults.workspace_id and base_url"
		return answer, &fault
	}
	return answer, err
}
