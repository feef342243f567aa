package sim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mostRows is how many rows of accounts may be asked for, and fewRows how many rows of what comes
// from the database Ivanti gives whatever is asked.
const (
	mostRows = 500
	fewRows  = 50
)

func (s *Sim) metadata(*tenant, *http.Request) (any, error) {
	return map[string]any{"defaultDmPartitionId": 26653}, nil
}

// attributes lists the declared custom attributes. ASSUMED.
func (s *Sim) attributes(*tenant, *http.Request) (any, error) {
	declared := []map[string]any{}
	for _, name := range s.knobs.Attributes {
		declared = append(declared, map[string]any{"name": name, "type": "IDP"})
	}
	return map[string]any{"customAttributes": declared}, nil
}

// hidden says whether lists do not show yet what was made at the time.
func (s *Sim) hidden(created time.Time) bool {
	return s.knobs.VisibilityLag > 0 && s.now().Sub(created) < time.Duration(s.knobs.VisibilityLag)
}

func (s *Sim) listAccounts(t *tenant, r *http.Request) (any, error) {
	uid, filtered, err := filter(r.URL.Query().Get("fq"))
	if err != nil {
		return nil, err
	}
	var found []map[string]any
	for _, id := range t.order {
		a := t.accounts[id]
		if a.deleted || s.hidden(a.created) || filtered && !s.knobs.IgnoreFilter && fold(a.uid) != fold(uid) {
			continue
		}
		found = append(found, s.shown(t, a))
	}
	most := mostRows
	if s.knobs.ShortPages {
		most = fewRows
	}
	return s.paged(found, r, most)
}

// filter reads FIELD EQ value, of which UID is the only field. ASSUMED.
func filter(fq string) (uid string, filtered bool, err error) {
	if fq == "" {
		return "", false, nil
	}
	uid, ok := strings.CutPrefix(fq, "UID EQ ")
	if !ok || uid == "" {
		return "", false, badly("the filter cannot be read")
	}
	return uid, true, nil
}

// paged cuts a page out of the rows, of as many as may be at most.
func (s *Sim) paged(found []map[string]any, r *http.Request, most int) (any, error) {
	start, err := number(r, "start", 0, 0, 1<<30)
	if err != nil {
		return nil, err
	}
	size, err := number(r, "rows", fewRows, 1, mostRows)
	if err != nil {
		return nil, err
	}
	if s.knobs.DuplicateRows && start > 0 {
		start--
	}
	from := min(start, len(found))
	page := slices.Clone(found[from:min(from+min(size, most), len(found))])
	if page == nil {
		page = []map[string]any{}
	}
	if s.knobs.NoTotal {
		return map[string]any{"searchResults": page}, nil
	}
	return map[string]any{"totalCount": len(found), "searchResults": page}, nil
}

func number(r *http.Request, name string, preset, least, most int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return preset, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, bad("Range", "must be between "+strconv.Itoa(least)+" and "+strconv.Itoa(most), name)
	}
	return n, nil
}
