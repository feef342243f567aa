package sim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"scimrelay/connectors/simhost"
)

// entry is what a list may hold: a field is known before the whole of it is laid out.
type entry interface {
	field(name string) (value any, known bool)
	row() map[string]any
}

// filter is one rule, or several that are combined.
type filter struct {
	Field     string   `json:"field"`
	Operator  string   `json:"operator"`
	Value     any      `json:"value"`
	Separator string   `json:"separator"`
	Rules     []filter `json:"rules"`
}

// readFilter reads the query, nil when there is none.
func (s *Sim) readFilter(query url.Values) (*filter, error) {
	text := query.Get("filters")
	if text == "" || s.knobs.IgnoreFilters {
		return nil, nil
	}
	var f filter
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&f); err != nil {
		return nil, invalid("filters", "not a rule in JSON")
	}
	return &f, nil
}

func (f *filter) matches(e entry) (bool, error) {
	if f == nil {
		return true, nil
	}
	if len(f.Rules) == 0 {
		return f.holds(e)
	}
	or := strings.EqualFold(f.Separator, "or")
	for i := range f.Rules {
		ok, err := f.Rules[i].matches(e)
		if err != nil || ok == or {
			return ok, err
		}
	}
	return !or, nil
}

func (f *filter) holds(e entry) (bool, error) {
	value, known := e.field(f.Field)
	if !known {
		return false, invalid("filters", "unknown field")
	}
	list, _ := f.Value.([]any)
	switch f.Operator {
	case "equal":
		return compare(value, f.Value) == 0, nil
	case "notEqual":
		return compare(value, f.Value) != 0, nil
	case "lessThan":
		return compare(value, f.Value) < 0, nil
	case "lessThanInclusive":
		return compare(value, f.Value) <= 0, nil
	case "greaterThan":
		return compare(value, f.Value) > 0, nil
	case "greaterThanInclusive":
		return compare(value, f.Value) >= 0, nil
	case "in", "notIn":
		in := slices.ContainsFunc(list, func(v any) bool { return compare(value, v) == 0 })
		return in == (f.Operator == "in"), nil
	case "contains", "doesNotContains":
		in := strings.Contains(fold(text(value)), fold(text(f.Value)))
		return in == (f.Operator == "contains"), nil
	case "isNull", "isNotNull":
		return (value == nil) == (f.Operator == "isNull"), nil
	case "isEmpty":
		return text(value) == "", nil
	default:
		return false, invalid("filters", "unknown operator")
	}
}

// compare orders two values of a field: numbers by value, all else as text without letter case.
func compare(a, b any) int {
	x, errX := strconv.ParseFloat(text(a), 64)
	y, errY := strconv.ParseFloat(text(b), 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return strings.Compare(fold(text(a)), fold(text(b)))
}

func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// page is one page of a list.
type page struct {
	Items []map[string]any `json:"items"`
	Total int              `json:"total"`
	Size  int              `json:"size"`
	Page  int              `json:"page"`
}

// paged cuts a page out of what matches. There is no snapshot.
func paged[E entry](s *Sim, all []E, r *http.Request) (any, error) {
	query := r.URL.Query()
	f, err := s.readFilter(query)
	if err != nil {
		return nil, err
	}
	var found []E
	for _, e := range all {
		ok, err := f.matches(e)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, e)
		}
	}
	if err := sorted(found, query); err != nil {
		return nil, err
	}
	p := page{Items: []map[string]any{}, Total: len(found), Page: 1, Size: 20}
	skip := 0
	for name, into := range map[string]*int{"page": &p.Page, "size": &p.Size, "skip": &skip} {
		if asked := query.Get(name); asked != "" {
			if *into, err = strconv.Atoi(asked); err != nil || *into < 0 || *into == 0 && name != "skip" {
				return nil, invalid(name, "not a possible number")
			}
		}
	}
	p.Size = min(p.Size, s.knobs.MaxSize)
	from := min((p.Page-1)*p.Size+skip, len(found))
	for _, e := range found[from:min(from+p.Size, len(found))] {
		p.Items = append(p.Items, e.row())
	}
	return p, nil
}

func sorted[E entry](found []E, query url.Values) error {
	by := query.Get("sortBy")
	if by == "" {
		return nil
	}
	direction := 1
	if query.Get("asc") == "false" {
		direction = -1
	}
	known := true
	slices.SortStableFunc(found, func(a, b E) int {
		x, ok := a.field(by)
		y, both := b.field(by)
		known = known && ok && both
		return direction * compare(x, y)
	})
	if !known {
		return invalid("sortBy", "unknown field")
	}
	return nil
}

// fixed is an entry that never changes.
type fixed map[string]any

func (f fixed) field(name string) (any, bool) {
	value, ok := f[name]
	return value, ok
}

func (f fixed) row() map[string]any { return f }

func readBody(r *http.Request) (map[string]any, error) {
	body, ok := simhost.ReadObject(r)
	if !ok {
		return nil, invalid("$", "not a JSON object")
	}
	return body, nil
}

// integers reads a list of ids; what is absent or null is none.
func integers(body map[string]any, name string) ([]int64, error) {
	if body[name] == nil {
		return nil, nil
	}
	list, ok := body[name].([]any)
	if !ok {
		return nil, invalid(name, "not a list")
	}
	ids := make([]int64, 0, len(list))
	for _, item := range list {
		id, isNumber := item.(json.Number)
		if !isNumber || number(id.String()) == 0 {
			return nil, invalid(name, "not a list of ids")
		}
		ids = append(ids, number(id.String()))
	}
	return ids, nil
}
