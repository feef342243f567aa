package configs_test

import (
	"fmt"

	"scimrelay/configs"
)

func ExampleNode_Decode() {
	node, faults := configs.Parse("acme.yaml", []byte("credentials: {user: 7, pasword: hunter2}\ntimeout: 5\n"))
	var settings struct {
		Credentials struct {
			User     string         `yaml:"user"`
			Password configs.Secret `yaml:"password,required"`
		} `yaml:"credentials"`
		Timeout configs.Duration `yaml:"timeout"`
	}
	faults = append(faults, node.Decode(&settings)...)
	fmt.Println(faults.Sorted())
	// Output:
	// acme.yaml:1:14: credentials: password is required
	// acme.yaml:1:21: credentials.user: want text, found a number: put it in quotes
	// acme.yaml:1:24: unknown key "pasword": known here are user, password
	// acme.yaml:2:10: timeout: want a duration such as "5s" or "1h30m", or 0
}
