package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// State is what a vendor's simulator holds.
type State struct {
	Accounts []Account `json:"accounts"`
	Groups   []struct {
		Name    string   `json:"name"`
		Members []string `json:"members"`
	} `json:"groups"`
}

// Account is one account at a vendor. Native is the vendor's own object.
type Account struct {
	ID     ID     `json:"id"`
	Key    string `json:"key"`
	Active bool   `json:"active"`
	Native object `json:"native"`
}

// ID is a vendor's id, which some write as a number and others as text.
type ID string

// UnmarshalJSON implements json.Unmarshaler.
func (id *ID) UnmarshalJSON(text []byte) error {
	var name string
	if json.Unmarshal(text, &name) != nil {
		name = string(text)
	}
	*id = ID(name)
	return nil
}

// Accounts finds accounts by their id.
type Accounts map[ID]Account

func (s State) byID() Accounts {
	index := make(Accounts, len(s.Accounts))
	for _, a := range s.Accounts {
		index[a.ID] = a
	}
	return index
}

// text is the native value of the name as text, empty when there is none.
func (a Account) text(name string) string { return asText(a.Native[name]) }

func asText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return fmt.Sprint(value)
}

// fold is how vendors compare keys.
func fold(key string) string { return strings.ToLower(strings.TrimSpace(key)) }

// FetchState reads the state page of a vendor's simulator.
func FetchState(ctx context.Context, client *http.Client, url string) (State, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return State{}, fmt.Errorf("demo: read the vendor's state: %w", err)
	}
	resp, err := client.Do(r)
	if err != nil {
		return State{}, fmt.Errorf("demo: read the vendor's state: %w", err)
	}
	defer resp.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil {
		return State{}, fmt.Errorf("demo: read the vendor's state: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return State{}, fmt.Errorf("demo: the vendor's state was answered %s", resp.Status)
	}
	var state State
	decoder := json.NewDecoder(&text)
	decoder.UseNumber() // ids do not survive a float
	if err := decoder.Decode(&state); err != nil {
		return State{}, fmt.Errorf("demo: decode the vendor's state: %w", err)
	}
	return state, nil
}
