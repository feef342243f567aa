package demo

import (
	"fmt"
	"io"
	"strings"
)

// Invitation is what somebody needs to try a tenant out by hand.
type Invitation struct {
	Tenant string
	Base   string // the SCIM base URL
	Token  string
	// Pages show the vendors' accounts to people, States to programs.
	Pages, States []string
	// Guest is somebody to disable, ID their SCIM id.
	Guest Person
	ID    string
}

// Print writes the invitation, with commands ready to paste.
func (i Invitation) Print(out io.Writer) error {
	patch := fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"Replace","path":"active","value":"False"}]}`, patchURN)
	_, err := fmt.Fprint(out, strings.Join([]string{
		"Tenant " + i.Tenant,
		"  SCIM base URL    " + i.Base,
		"  token            " + i.Token,
		"  vendor's page    " + strings.Join(i.Pages, "\n                   "),
		"  vendor's state   " + strings.Join(i.States, "\n                   "),
		"  five users:",
		fmt.Sprintf("    curl -sH 'Authorization: Bearer %s' '%s/Users?count=5'", i.Token, i.Base),
		fmt.Sprintf("  disable %s, then look at the vendor's page:", i.Guest.Name()),
		fmt.Sprintf("    curl -sX PATCH -H 'Authorization: Bearer %s' -H 'Content-Type: application/scim+json' \\", i.Token),
		fmt.Sprintf("      -d '%s' '%s/Users/%s'", patch, i.Base, i.ID),
		"",
	}, "\n"))
	return err
}
