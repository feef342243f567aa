package restyaml

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"scimrelay/configs"
	"scimrelay/connectors"
)

func mustRead(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTheProductInTheGuideIsAProduct: whoever follows the guide literally must get no fault.
func TestTheProductInTheGuideIsAProduct(t *testing.T) {
	t.Parallel()
	guide := mustRead(t, "../../docs/adding-a-connector.md")
	_, text, found := strings.Cut(guide, "```yaml\nname: clubhouse\n")
	text, _, closed := strings.Cut("name: clubhouse\n"+text, "```")
	if !found || !closed {
		t.Fatal("the guide has no product")
	}
	if _, faults := Parse("products/clubhouse.yaml", []byte(text)); len(faults) > 0 {
		t.Error(faults)
	}
	_, faults := Parse("products/clubhouse.yaml", []byte(strings.Replace(text, "query: {mail: key}", "query: {mail: keey}", 1)))
	if !strings.Contains(guide, "\n"+faults.Error()+"\n") {
		t.Errorf("the guide does not show\n%s", faults)
	}
}

// TestEveryKeyIsInTheReference, and every class and kind.
func TestEveryKeyIsInTheReference(t *testing.T) {
	t.Parallel()
	page := mustRead(t, "../../docs/connectors/restyaml.md")
	words := append(vendorClasses(), callNames()...)
	words = append(words, known()...)
	words = append(words, authKinds()...)
	words = append(words, pagingNone, pagingPage, pagingOffset, pagingHeader, pagingCursor, pagingLink, pagingURL,
		string(connectors.DeactivateNone), string(connectors.DeactivateFlag), string(connectors.DeactivateDisable), string(connectors.DeactivateSuspend),
		string(connectors.DeactivateLicence), string(connectors.DeactivateRevoke), string(connectors.DeactivateRemove), string(connectors.DeactivateAnonymise))
	for _, of := range []any{productFile{}, rateFile{}, limitFile{}, capabilitiesFile{}, credentialFile{}, defaultFile{}, accountFile{}, callsFile{},
		requestFile{}, callFile{}, checkFile{}, faultFile{}, headerFile{}, basicFile{}, bearerFile{}, loginFile{}, oauthFile{}, pagingFile{}} {
		for i := range reflect.TypeOf(of).NumField() {
			tag, _, _ := strings.Cut(reflect.TypeOf(of).Field(i).Tag.Get("yaml"), ",")
			words = append(words, tag)
		}
	}
	for _, word := range words {
		if word != "" && !strings.Contains(page, "`"+word+"`") && !strings.Contains(page, "."+word+"`") {
			t.Errorf("`%s` is not on the page", word)
		}
	}
}

// TestTheExamplesAreDescribed: every field, default and credential of them.
func TestTheExamplesAreDescribed(t *testing.T) {
	t.Parallel()
	page := mustRead(t, "../../docs/connectors/restyaml.md")
	for name, heading := range map[string]string{"gitlab": "### GitLab (`gitlab`)", "zendesk": "### Zendesk Support (`zendesk`)"} {
		_, section, found := strings.Cut(page, heading)
		section, _, _ = strings.Cut(section, "\n###")
		if !found {
			t.Errorf("%s has no section", name)
		}
		file := "../../configs/products/" + name + ".yaml"
		root, faults := configs.ReadFile(file)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		var names []string
		for _, part := range []string{"credentials", "defaults", "mapping.types"} {
			names = append(names, root.Lookup(part).Keys()...)
		}
		for _, word := range names {
			if !strings.Contains(section, "`"+word+"`") {
				t.Errorf("%s: `%s` is not in its section", name, word)
			}
		}
	}
}
