package configs_test

import (
	"path/filepath"
	"testing"

	"scimrelay/configs"
)

func TestVendorsInsideAreForGatewaysOnTheirOwnMachine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		``:                                 true,
		`server: {listen: "0.0.0.0:8080"}`: true,
		`server: {public_url: "http://localhost:8080"}`:                                       true,
		`server: {public_url: "https://scim.example.com"}`:                                    false,
		`server: {public_url: "https://10.0.0.1"}`:                                            false,
		"server: {public_url: \"https://scim.example.com\"}\noutbound: {private: true}":       true,
		"server: {public_url: \"http://127.0.0.1:8080\"}\noutbound: {private: false}":         false,
		"server: {public_url: \"https://localhost.example.com\"}\noutbound: {private: false}": false,
	} {
		file := filepath.Join(t.TempDir(), "scimrelay.yaml")
		write(t, file, text)
		c, err := configs.Load(file)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if c.Private() != want {
			t.Errorf("%q: private is %v", text, c.Private())
		}
	}
}
