package demo

import "testing"

func TestIvantiIsJudgedByItsOwnDocuments(t *testing.T) {
	t.Parallel()
	before := Directory(MinPeople)
	after := before
	for _, cycle := range Story(before) {
		after = cycle.Apply(after)
	}
	v := ivanti()
	var state State
	for i, p := range after {
		native := object{"emailAddress": p.Mail, "firstName": p.Given, "lastName": p.Family, "displayName": p.Display,
			"accountSource": "LOCAL", "locale": "en_US", "customAttributes": object{"department": p.Department}}
		if p.Family == "" {
			native["lastName"] = p.Given
		}
		if p.Display == "" {
			native["displayName"] = p.Name()
		}
		if p.Language != "" {
			native["locale"] = map[string]string{"fr-FR": "fr_FR", "en-GB": "en_GB", "de-DE": "de_DE", "es-ES": "es_ES", "en-US": "en_US",
				"it": "it", "pt-PT": "pt_PT", "nl-NL": "nl_NL", "fr-CA": "fr_CA"}[p.Language]
		}
		// The user name is that of the first day, whatever the person is called today.
		state.Accounts = append(state.Accounts, Account{ID: ID(before[i].ID), Key: before[i].UserName, Active: active(p), Native: native})
	}
	names := map[string]string{}
	for _, p := range before {
		names[p.ID] = p.UserName
	}
	for _, g := range Groups(after) {
		held := struct {
			Name    string   `json:"name"`
			Members []string `json:"members"`
		}{Name: g.Name}
		for _, id := range g.Members {
			held.Members = append(held.Members, names[id])
		}
		state.Groups = append(state.Groups, held)
	}
	if c := Compare(v, after, state); !c.OK() || c.Groups != 3 {
		t.Errorf("faultless, and judged %d equal of %d: %v, groups %v", c.Equal, c.Wanted, c.Verdicts, c.Odd)
	}
	state.Accounts[3].Native["lastName"] = "Other"
	state.Accounts[4].Key = "renamed@acme.example"
	if c := Compare(v, after, state); c.Differing != 1 || c.Missing != 1 || len(c.Extra) != 1 {
		t.Errorf("%d differ, %d are missing, %d are extra", c.Differing, c.Missing, len(c.Extra))
	}
}
