package ivanti

import (
	"net/http"
	"testing"

	"scimrelay/connectors/internal/rest"
)

func TestListsStayBelowThirtyInAnyMinute(t *testing.T) {
	limit := (&Defaults{}).listLimit()
	if most := limit.PerSecond*60 + float64(limit.Burst); most > 30 || most < 25 {
		t.Errorf("%v in a minute", most)
	}
	for path, want := range map[string]bool{accountsPath: true, accountPath: false, groupsPath: false, membersPath: false} {
		if got := limit.Applies(rest.Call{Method: http.MethodGet, Path: path}); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	if rate := Product().Capabilities.Rate; rate.PerSecond*60+float64(rate.Burst) > 200 {
		t.Errorf("others: %+v", rate)
	}
}
