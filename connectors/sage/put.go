package sage

import (
	"context"
	"maps"
	"net/http"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// put sends a partial update and returns the account as it should be afterwards.
func (c *connector) put(ctx context.Context, have connectors.Remote, want connectors.Record, body map[string]any) (connectors.Remote, error) {
	var answer rest.Answer
	var err error
	hidden := private(have, want)
	err = c.withNic(ctx, body, have.ID, want.Resource, hidden, func() (rest.Answer, error) {
		answer, err = c.call(ctx, rest.Call{Method: http.MethodPut, Path: userPath,
			Params: map[string]string{"id": have.ID}, Body: body, Idempotent: true, Private: hidden})
		return answer, err
	})
	if unexplained(answer, err) {
		if _, gone := c.byID(ctx, have.ID, have.Key, hidden); connectors.Is(gone, connectors.NotFound) {
			return have, gone
		}
	}
	if err != nil {
		return have, c.explained(ctx, err, body, hidden)
	}
	return merged(have, body), nil
}

func merged(have connectors.Remote, body map[string]any) connectors.Remote {
	row := maps.Clone(body)
	if _, told := row["isActive"]; !told {
		row["isActive"] = have.Active
	}
	row["id"] = have.ID
	sent := remote(row)
	for name, value := range sent.Fields {
		sent.Fields[name] = plain(reference(value))
	}
	have = have.With(sent.Fields)
	have.Active = sent.Active
	if sent.Key != "" {
		have.Key = sent.Key
	}
	return have
}

// withNic sends the body, and once more with a distinct nickname when Sage refused it and
// somebody else has this one. The refusal says that nothing was done.
func (c *connector) withNic(ctx context.Context, body map[string]any, id, resource string, hidden []string, send func() (rest.Answer, error)) error {
	answer, err := send()
	nic, _ := body["nic"].(string)
	if nic == "" || !unexplained(answer, err) {
		return err
	}
	holders, listErr := c.where(ctx, "nic", nic, hidden, func(row map[string]any) bool { return connectors.TextOf(row["id"]) != id })
	if listErr != nil {
		return listErr
	}
	if len(holders) == 0 {
		return err
	}
	body["nic"] = distinct(nic, resource)
	_, err = send()
	return err
}

// countryNotes tells of a phone number whose country the settings do not know.
func countryNotes(want connectors.Record, body map[string]any, instead string) []string {
	country, mapped := want.Fields["idPrefix"]
	if isEmpty(body["phoneExtension"]) || !mapped || country != nil {
		return nil
	}
	return []string{"the country of the phone number is not in defaults.id_prefixes: " + instead}
}
