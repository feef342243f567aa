package connectors_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/scim"
)

const anyField = "key: user.userName\nfields: {x: user.userName}\n"

// evaluate computes one expression for a person.
func evaluate(t *testing.T, text string, doc scim.Document) (any, error) {
	t.Helper()
	m, faults := connectors.CompileMapping(connectors.Source{Product: []byte(anyField),
		Rules: rules(configs.Position{}, map[string]string{"x": text})})
	if len(faults) > 0 {
		t.Fatalf("%s: %v", text, faults)
	}
	record, err := m.Record("u-1", doc)
	return record.Fields["x"], err
}

// john holds in SCIM attributes what Microsoft's examples read of Entra's.
const john = `{"userName":"John.Doe@contoso.com","externalId":"01/23/2015","displayName":"GREGORY JAMES","nickName":"john_doe72",
	"title":"Product Developer","userType":"2020-03-16-07:00","locale":"+91 9998887777","timezone":"+1 (999) 888-7777",
	"profileUrl":"545 Tremont Street","preferredLanguage":"QLD","active":true,
	"name":{"givenName":"John","familyName":"Doe","middleName":"Zoë","formatted":"PABLO GONSALVES (SECOND)"},
	"emails":[{"type":"work","value":"john.doe@contoso.com"},{"type":"home","value":"j@x.test"},{"type":"other","value":"j@x.test"}],
	"roles":[{"value":"Admin","primary":false},{"value":"User","primary":true}],"entitlements":[{"value":"E1"}],
	"addresses":[{"formatted":"1 Main St"}]}`

// The examples of Microsoft's page, in the order of the page.
func TestEntrasFunctionsDoWhatMicrosoftDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want any
	}{
		{`Append(user.userName, ".test")`, "John.Doe@contoso.com.test"},
		{`Append(Mid(user.name.givenName, 1, 3), Mid(user.name.familyName, 1, 5))`, "JohDoe"},
		{`BitAnd(0xF, 0xF7)`, int64(7)},
		{`CBool(user.title == user.nickName)`, false},
		{`CBool(user.title == user.title)`, true},
		{`CBool(2)`, true}, {`CBool("0")`, false}, {`CBool("True")`, true},
		{`CDate(user.userType)`, "3/16/2020 7:00:00 AM"},
		{`CDate("2021-06-30+08:00")`, "6/29/2021 4:00:00 PM"},
		{`CDate("2009-06-15T01:45:30-07:00")`, "6/15/2009 8:45:30 AM"},
		{`Coalesce(user.managerName, user.userName)`, "John.Doe@contoso.com"},
		{`Coalesce(user.managerName, user.department)`, nil},
		{`Coalesce(user.managerName, user.department, "none")`, "none"},
		{`ConvertToBase64("Hello world!")`, "SABlAGwAbABvACAAdwBvAHIAbABkACEA"},
		{`ConvertToUTF8Hex("Hello world!")`, "48656C6C6F20776F726C6421"},
		{`Count(user.emails)`, int64(3)}, {`Count(user.photos)`, int64(0)}, {`Count(user.title)`, int64(1)},
		{`CStr(12)`, "12"}, {`CStr(user.active)`, "True"}, {`CStr("cn=Joe,dc=contoso,dc=com")`, "cn=Joe,dc=contoso,dc=com"},
		{`DateAdd("d", 7, CDate("2012-03-16-07:00"))`, "3/23/2012 7:00:00 AM"},
		{`DateAdd("d", -10, CDate("2012-03-16-07:00"))`, "3/6/2012 7:00:00 AM"},
		{`DateAdd("ww", 2, CDate("2012-03-16-07:00"))`, "3/30/2012 7:00:00 AM"},
		{`DateAdd("m", 10, CDate("2012-03-16-07:00"))`, "1/16/2013 7:00:00 AM"},
		{`DateAdd("yyyy", 2, CDate("2012-03-16-07:00"))`, "3/16/2014 7:00:00 AM"},
		{`DateDiff("d", "2021-08-18+08:00", "2021-08-31+08:00")`, int64(13)},
		{`DateDiff("d", CDate("8/25/2021 5:41:18 PM"), CDate("2012-03-16-07:00"))`, int64(-3449)},
		{`DateDiff("ww", CDate("8/25/2021 5:41:18 PM"), CDate("2012-03-16-07:00"))`, int64(-493)},
		{`DateDiff("m", CDate("8/25/2021 5:41:18 PM"), CDate("2012-03-16-07:00"))`, int64(-113)},
		{`DateDiff("yyyy", CDate("8/25/2021 5:41:18 PM"), CDate("2012-03-16-07:00"))`, int64(-9)},
		{`DateDiff("d", "2021-08-31+08:00", "2021-08-31+08:00")`, int64(0)},
		{`DateDiff("h", "2021-08-24", "2021-08-25")`, int64(24)},
		{`DateDiff("n", "2021-08-24", "2021-08-25")`, int64(1440)},
		{`DateDiff("s", "2021-08-24", "2021-08-25")`, int64(86400)},
		{`DateFromNum(129699324000000000)`, "1/1/2012 11:00:00 PM"},
		{`FormatDateTime("20150123105347.1Z", nil, "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")`, "2015-01-23"},
		{`IgnoreFlowIfNullOrEmpty(user.title)`, "Product Developer"},
		{`IIF(user.title == "USA", user.title, user.nickName)`, "john_doe72"},
		{`InStr("The quick brown fox", "quick")`, int64(5)},
		{`InStr("repEated", "e", 3, vbBinaryCompare)`, int64(7)},
		{`InStr("repEated", "e", 3, vbTextCompare)`, int64(4)},
		{`IsNull(user.managerName)`, true}, {`IsNull(user.title)`, false},
		{`IsNullOrEmpty(user.managerName)`, true}, {`IsPresent(user.managerName)`, false}, {`IsPresent(user.title)`, true},
		{`IsString(user.title)`, true}, {`IsString(3)`, false},
		{`Switch(IsPresent(user.manager), user.manager, IsPresent(user.title), user.title, IsPresent(user.nickName), user.nickName)`, nil},
		{`Item(user.emails, 1)`, "john.doe@contoso.com"}, {`Item(user.emails, 9)`, nil},
		{`Join(", ", "", user.name.familyName, user.name.givenName)`, "Doe, John"},
		{`Join(";", user.emails, "z")`, "john.doe@contoso.com;j@x.test;j@x.test;z"},
		{`Join("", 1000, Replace(ConvertToUTF8Hex("00aa"), nil, "[a-zA-Z_]*", nil, "", nil, nil))`, "100030306161"},
		{`Left("John Doe", 3)`, "Joh"}, {`Left("John Doe", 0)`, nil}, {`Left("John Doe", -1)`, "John Doe"}, {`Left("John", 30)`, "John"},
		{`Mid("John Doe", 2, 3)`, "ohn"}, {`Mid("John", 3, 30)`, "hn"}, {`Mid("John", 9, 3)`, nil},
		{`NormalizeDiacritics(user.name.middleName)`, "Zoe"},
		{`Not("True")`, false}, {`Not(user.active)`, false}, {`Not("False")`, true},
		{`NumFromDate(Join("", FormatDateTime("2020-12-31-08:00", nil, "yyyy-MM-ddzzz", "yyyy-MM-dd"), " 23:59:59-08:00"))`, int64(132539615990000000)},
		{`NumFromDate(Join("", FormatDateTime("12/31/2020 07:00:00 AM", nil, "M/d/yyyy hh:mm:ss tt", "yyyy-MM-dd"), " 23:59:59-08:00"))`, int64(132539615990000000)},
		{`PCase(user.name.formatted)`, "Pablo Gonsalves (Second)"},
		{`PCase("PINTO-DE'SILVA", " '-")`, "Pinto-De'Silva"},
		{`PCase(Join(" ", "GREGORY", "JAMES"))`, "Gregory James"},
		{`Redact(user.userName)`, "John.Doe@contoso.com"},
		{`RemoveDuplicates(user.emails)`, []any{"john.doe@contoso.com", "j@x.test"}},
		{`Replace(user.title, "Product Developer", nil, nil, "Software Engineer", nil, nil)`, "Software Engineer"},
		{`Replace("jsmith", "<username>", nil, nil, nil, nil, "<username>@contoso.com")`, "jsmith@contoso.com"},
		{`Replace(user.locale, nil, "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", nil, "${phoneNumber}", nil, nil)`, "9998887777"},
		{`Replace(user.timezone, nil, "[+()\\s-]+", nil, "", nil, nil)`, "19998887777"},
		{`Replace(user.profileUrl, nil, "(?<streetNumber>^\\d*)", "streetNumber", "888", nil, nil)`, "888 Tremont Street"},
		{`Replace("jsmith@contoso.com", nil, "(?<Suffix>@(.)*)", "Suffix", "", nil, nil)`, "jsmith"},
		{`Replace(user.managerName, nil, "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", "phoneNumber", nil, user.locale, nil)`, "9998887777"},
		{`Replace(user.title, nil, "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", "phoneNumber", nil, user.locale)`, "Product Developer"},
		{`Replace(user.nickName, nil, "[a-zA-Z_]*", nil, "", nil, nil)`, "72"},
		{`Replace("john.doe@contoso.com", "@contoso.com", nil, nil, "")`, "john.doe"},
		{`SingleAppRoleAssignment(user.roles)`, "User"}, {`SingleAppRoleAssignment(user.entitlements)`, "E1"}, {`SingleAppRoleAssignment(user.photos)`, nil},
		{`Split("PermissionSetOne, PermissionSetTwo", ",")`, []any{"PermissionSetOne", "PermissionSetTwo"}},
		{`StripSpaces("a b  c")`, "abc"},
		{`Switch(user.preferredLanguage, "Australia/Sydney", "NSW", "Australia/Sydney", "QLD", "Australia/Brisbane", "SA", "Australia/Adelaide")`, "Australia/Brisbane"},
		{`Switch(user.managerName, "Default Value", "true", "1", "", "0")`, "0"},
		{`Switch(user.title, nil, "product developer", "x")`, nil},
		{`ToLower(Join("@", NormalizeDiacritics(StripSpaces(Join(".", "John", "Smith"))), "contoso.com"))`, "john.smith@contoso.com"},
		{`ToUpper("straße")`, "STRAßE"}, {`ToUpper("i", "tr-TR")`, "İ"}, {`ToLower("I", "tr-TR")`, "ı"}, {`ToLower("I", "en-US")`, "i"},
		{`Word("The quick brown fox", 3, " ")`, "brown"},
		{`Word("This,string!has&many separators", 3, ",!&#")`, "has"}, {`Word("one", 0, " ")`, nil}, {`Word("one", 2, " ")`, nil},
	} {
		got, err := evaluate(t, c.text, person(t, john))
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", c.text, err, diff)
		}
	}
}

func TestNormalizeDiacriticsByMicrosoftsTable(t *testing.T) {
	t.Parallel()
	for plain, marked := range map[string]string{
		"a": "äàâãåáąăāā́ā̀ā̂ā̃ǟā̈ǡa̱å̄", "A": "ÄÀÂÃÅÁĄĂĀĀ́Ā̀Ā̂Ā̃ǞĀ̈ǠA̱Å̄", "ae": "æǣ", "AE": "ÆǢ", "c": "çčćc̄c̱", "d": "ďd̄ḏđ",
		"e": "ëèéêęěėēḗḕē̂ē̃ê̄e̱ë̄e̊̄", "g": "ğḡg̱", "i": "ïîìíıīī́ī̀ī̂ī̃i̱", "I": "ÏÎÌÍİĪ", "l": "ľłl̄ḹḻ", "L": "ŁĽL̄ḸḺ",
		"n": "ñńňn̄ṉ", "o": "öòőõôóōṓṑō̂ō̃ȫō̈ǭȭȱo̱", "oe": "øø̄œ̄œ", "OE": "ØØ̄Œ̄", "r": "řr̄ṟṝ", "ss": "ß", "s": "šśșşs̄s̱",
		"t": "ťțt̄ṯ", "u": "üùûúůűūū́ū̀ū̂ū̃u̇̄ǖṻṳ̄u̱", "y": "ÿýȳȳ́ȳ̀ȳ̃y̱", "Z": "ŹŽŻZ̄Ẕ",
	} {
		got, err := evaluate(t, fmt.Sprintf("NormalizeDiacritics(%q)", marked), scim.Document{"userName": "x"})
		text, _ := got.(string)
		if err != nil || text == "" || strings.ReplaceAll(text, plain, "") != "" {
			t.Errorf("%s: %q, %v; want only %s", marked, got, err, plain)
		}
	}
	for _, other := range []string{"Йод", "한국", "ά", "plain"} {
		if got, _ := evaluate(t, fmt.Sprintf("NormalizeDiacritics(%q)", other), scim.Document{"userName": "x"}); got != other {
			t.Errorf("%s became %s", other, got)
		}
	}
}

// Every function has an answer to a person who lacks everything.
func TestEntrasFunctionsTakeWhatIsAbsent(t *testing.T) {
	t.Parallel()
	const a = "user.title"
	for text, want := range map[string]any{
		"Append(%s, %[1]s)": nil, "Append(\"x\", %s)": "x", "BitAnd(%s, 1)": nil, "CBool(%s)": false, "CDate(%s)": nil, "Coalesce(%s)": nil,
		"ConvertToBase64(%s)": nil, "ConvertToUTF8Hex(%s)": nil, "Count(%s)": int64(0), "CStr(%s)": nil, `DateAdd("d", 1, %s)`: nil,
		`DateDiff("d", %s, %[1]s)`: nil, "DateFromNum(%s)": nil, `FormatDateTime(%s, nil, "yyyy", "yy")`: nil, "IIF(%s, 1, 2)": int64(2),
		`InStr(%s, "a")`: int64(0), `InStr("a", %s)`: int64(1), "IsNull(%s)": true, "IsNullOrEmpty(%s)": true, "IsPresent(%s)": false, "IsString(%s)": false,
		"Item(%s, 1)": nil, `Join(",", %s, %[1]s)`: nil, `Join(%s, "a", "b")`: "ab", "Left(%s, 1)": nil, "Mid(%s, 1, 1)": nil,
		"NormalizeDiacritics(%s)": nil, "Not(%s)": true, "NumFromDate(%s)": nil, "PCase(%s)": nil, "Redact(%s)": nil, "RemoveDuplicates(%s)": []any{},
		`Replace(%s, "a", nil, nil, "b")`: nil, `Replace("a", %s, nil, nil, "b")`: "a", `Replace("ab", "a", nil, nil, %s)`: "b",
		`Replace(%s, "a", nil, nil, nil, nil, "a")`: nil, `Replace(%s, nil, "a", nil, "b")`: nil, `Replace(%s, nil, "(?<g>a)", "g", nil, %[1]s)`: nil,
		`Split(%s, ",")`: nil, "StripSpaces(%s)": nil, `Switch(%s, "d", "a", "b")`: "d", "ToLower(%s)": nil, "ToUpper(%s, %[1]s)": nil, `Word(%s, 1, " ")`: nil,
		`split(%s, ",")`: nil,
	} {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "%[1]s", a), "%s", a)
		got, err := evaluate(t, text, scim.Document{"userName": "x"})
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", text, err, diff)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		`DateAdd("m", 1, "2023-01-31")`: "2/28/2023 12:00:00 AM", `DateAdd("yyyy", -1, "2024-02-29T13:00")`: "2/28/2023 1:00:00 PM",
		`DateAdd("h", 36, "2024-02-28")`: "2/29/2024 12:00:00 PM", `DateAdd("n", -1, "2024-03-01")`: "2/29/2024 11:59:00 PM", `DateAdd("s", 1, "2024-01-01")`: "1/1/2024 12:00:01 AM",
		`DateDiff("ww", "2024-01-06", "2024-01-07")`: int64(1), `DateDiff("m", "2024-01-31", "2024-02-01")`: int64(1), `DateDiff("d", "2024-01-01T23:00", "2024-01-02T01:00")`: int64(0),
		`NumFromDate("1601-01-01")`: nil, `NumFromDate("1601-01-01T00:00:01Z")`: int64(10_000_000), `DateFromNum("0")`: "1/1/1601 12:00:00 AM",
		`FormatDateTime("5 jan 49", "None", "d MMM yy", "dddd, dd MMMM yyyy")`:                                              "Tuesday, 05 January 2049",
		`FormatDateTime("2024-05-06T23:30:00.1200000+02:00", "RoundtripKind, AllowWhiteSpaces", "o", "HH:mm:ss.FFF zzz K")`: "21:30:00.12 +00:00 Z",
		`FormatDateTime(" 1/2/2024 12:05 am ", nil, "M/d/yyyy h:mm tt", "hh 'o''clock' \\h t")`:                             "12 oclock h A",
		`FormatDateTime("2024-05-06", nil, "yyyy-MM-dd", "s")`:                                                              "2024-05-06T00:00:00",
		`FormatDateTime("2024-05-06", nil, "yyyy-MM-dd", "r")`:                                                              "Mon, 06 May 2024 00:00:00 GMT",
		`FormatDateTime("2024", nil, "yyyy", "%d")`:                                                                         "1",
	} {
		if want == nil {
			want = int64(0)
		}
		got, err := evaluate(t, text, scim.Document{"userName": "x"})
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", text, err, diff)
		}
	}
	for text, want := range map[string]string{
		`CDate("soon")`: "CDate: argument 1 is no date", `CDate("2023-02-29")`: "no date", `DateAdd("yyyy", 9999, "2024-01-01")`: "years 1 to 9999",
		`DateAdd("s", 9223372036854775807, "2024-01-01")`: "years 1 to 9999", `DateFromNum(9223372036854775807)`: "years 1 to 9999", `DateFromNum(-1)`: "negative",
		`NumFromDate("1600-01-01")`: "before 1601", `FormatDateTime("2023-02-29", nil, "yyyy-MM-dd", "yyyy")`: "no date of the form yyyy-MM-dd",
		`FormatDateTime("2023-02-28x", nil, "yyyy-MM-dd", "yyyy")`: "no date", `FormatDateTime("2023-02-28 25", nil, "yyyy-MM-dd HH", "yyyy")`: "no date",
		`FormatDateTime("2023-02-28 13 PM", nil, "yyyy-MM-dd hh tt", "yyyy")`: "no date", `DateAdd(user.userName, 1, "2024-01-01")`: "the interval is none of",
	} {
		_, err := evaluate(t, text, scim.Document{"userName": "x"})
		if !connectors.Is(err, connectors.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestEntrasMistakesAreFoundWhenTheFileIsRead(t *testing.T) {
	t.Parallel()
	at := configs.Position{File: "acme.yaml", Line: 3, Column: 10}
	for text, want := range map[string]string{
		`Guid()`:                                                                 "acme.yaml:3:10: full: unknown name Guid: a new value each time",
		`ToLower(Now())`:                                                         "acme.yaml:3:18: full: unknown name Now: a field depends on the person alone",
		`RandomString(6,3,0,0,3)`:                                                "unknown name RandomString: a new value",
		`SelectUniqueValue("a", "b")`:                                            "unknown name SelectUniqueValue: only the vendor",
		`AppRoleAssignmentsComplex(user.x)`:                                      "map(user.roles, .value)",
		`[givenName]`:                                                            "acme.yaml:3:11: full: unknown name givenName: write user.name.givenName, not [givenName]",
		`ToLower([mail])`:                                                        `write value(user.emails, "work"), not [mail]`,
		`Append([extensionAttribute1], "")`:                                      `write user["urn:…:User"].extensionAttribute1`,
		`Append([CustomThing], "x")`:                                             "an attribute is written user.name.givenName, not [givenName]",
		`Append(userPrincipalName, "x")`:                                         "unknown name userPrincipalName: write user.userName",
		`tolower(user.title)`:                                                    "the function is written ToLower",
		`Replace(user.title, "a", , , "b")`:                                      "write nil for an argument that is left out",
		`IIF(user.title = "a", "b", "c")`:                                        "write == to compare",
		`IIF(user.title <> "a", "b", "c")`:                                       "write != for not equal",
		`CStr(BitAnd(&HF, 1))`:                                                   "write a number like &HF as 0xF",
		`Append(user.title, 1)`:                                                  "acme.yaml:3:29: full: cannot use int as argument",
		`Append(user.title)`:                                                     "not enough arguments to call Append",
		`Item(user.emails, 0)`:                                                   "acme.yaml:3:28: full: Item: positions count from 1",
		`Mid(user.title, 0, 2)`:                                                  "Mid: positions count from 1",
		`Switch(user.title, "a", "b")`:                                           "Switch: it takes at least 4 argument(s)",
		`Switch(user.title, "d", "a", "b", "c")`:                                 "Switch: keys and values come in pairs",
		`IIF(user.active, 1, 2)`:                                                 "the field is of type string, the expression gives int",
		`Coalesce(user.emails, user.roles)`:                                      "the expression gives []interface",
		`Switch(user.title, 0, "a", 1)`:                                          "the field is of type string, the expression gives int",
		`IIF(user.active, "a")`:                                                  "IIF: it takes 3 argument(s)",
		`ToLower(user.title, "a", "b")`:                                          "ToLower: it takes at most 2 arguments",
		`CStr(InStr(user.title, "a", 1, "vbTextCompare"))`:                       "write vbBinaryCompare or vbTextCompare without quotes",
		`DateAdd("w", 1, user.title)`:                                            "DateAdd: want one of yyyy, m, d",
		`CStr(DateDiff("D", user.title, user.title))`:                            "DateDiff: want one of",
		`FormatDateTime(user.title, "Odd", "yyyy", "yy")`:                        `the style "Odd" is none of`,
		`FormatDateTime(user.title, nil, user.nickName, "yy")`:                   "the format must stand here as a text",
		`FormatDateTime(user.title, nil, "MM-dd", "yy")`:                         "the format has no y",
		`FormatDateTime(user.title, nil, "yyyy 'x", "yy")`:                       "a quote that does not end",
		`FormatDateTime(user.title, nil, "yyyy", "d")`:                           `"d" alone means another thing`,
		`Replace(user.title, "a", nil, nil, 5)`:                                  "acme.yaml:3:45: full: Replace: want a text",
		`CStr(InStr(user.title, "a", "b"))`:                                      "InStr: want a number",
		`Replace(user.title, "a")`:                                               "not enough arguments",
		`Replace(user.title, "a", nil, nil, nil, nil)`:                           "Replace: want oldValue with replacementValue",
		`Replace(user.title, nil, user.nickName, nil, "b")`:                      "the pattern must stand here as a text",
		`Replace(user.title, nil, "(", nil, "b")`:                                "Replace: the pattern cannot be read: error parsing regexp: missing closing )",
		`Replace(user.title, nil, "(?=a)", nil, "b")`:                            "looking ahead",
		`Replace(user.title, nil, "a", "g", "b")`:                                `the pattern has no group "g"`,
		`Replace(user.title, nil, "(a{500}){2}{3}", nil, "b")`:                   "the pattern",
		`Replace(user.title, nil, "([a-z]{999})([a-z]{999})x{9}", nil, "b")`:     "the pattern is too large",
		`Replace(user.title, nil, "` + strings.Repeat("a", 501) + `", nil, "b")`: "longer than 500 bytes",
		`Append("a", IgnoreFlowIfNullOrEmpty(user.title))`:                       "stands only around the whole expression",
		`user["urn:x:User"].a`:                                                   "unknown field urn:x:User: the tenant's file declares no extension of this URN",
		`string(user.title matches user.nickName)`:                               "the pattern must stand here as a text",
		`string(map(user.emails, len(uniq(user.emails))))`:                       "a condition inside a condition",
	} {
		_, faults := connectors.CompileMapping(connectors.Source{Product: []byte(plain), Rules: rules(at, map[string]string{"full": text})})
		if len(faults) != 1 || !strings.Contains(faults[0].Error(), want) {
			t.Errorf("%s: %v, want %s", text, faults, want)
		}
	}
}

func TestResultsAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 4000) // 8,000 bytes
	for text, want := range map[string]string{
		`ConvertToUTF8Hex(user.title)`: "ConvertToUTF8Hex: the text is longer", `Append(user.title, user.title)`: "Append: the text is longer",
		`user.title + user.title`: "the text is longer than 8192 bytes", `len(user.title + user.title)`: "the text is longer",
		`Join("", user.title, user.title)`: "Join: the text is longer", `join("", user.title, user.title)`: "the text is longer",
		`Replace(user.title, "ä", nil, nil, "ääää")`: "Replace: the text is longer", `Replace(user.title, nil, "ä", nil, "$0$0")`: "Replace: the text is longer",
		`Replace(user.title, nil, ".*", nil, "$0$0$0")`:        "Replace: the text is longer",
		`Split(Replace(user.title, nil, "ä", nil, "a,"), ",")`: "Split: the list has more than 1000 values", `split(user.title, "")`: "the list has more than 1000 values",
		`SingleAppRoleAssignment(user.roles)`: "SingleAppRoleAssignment: the person has several roles", `CBool(user.title)`: "CBool: the value is neither true",
		`CStr(user.roles)`: "CStr: a list is no single value", `IIF(user.title, 1, 2)`: "IIF: the condition is neither true nor false",
		`Switch(user.roles, 1, "a", 2)`: "Switch: the source is a list",
	} {
		doc := scim.Document{"userName": "x", "title": long, "roles": []any{map[string]any{"value": "a"}, map[string]any{"value": "b"}}}
		_, err := evaluate(t, text, doc)
		if !connectors.Is(err, connectors.Invalid) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "ä") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
