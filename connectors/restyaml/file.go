package restyaml

import (
	"scimrelay/configs"
)

// productFile is one product as its YAML file writes it. What needs a position of its own later
// is kept as a Node and read where it is checked.
type productFile struct {
	Name           string                    `yaml:"name,required"`
	Title          string                    `yaml:"title,required"`
	BaseURL        string                    `yaml:"base_url"`
	BaseURLExample string                    `yaml:"base_url_example"`
	Rate           rateFile                  `yaml:"rate,required"`
	Settle         configs.Duration          `yaml:"settle,required"`
	Limits         []limitFile               `yaml:"limits"`
	Capabilities   capabilitiesFile          `yaml:"capabilities,required"`
	Credentials    map[string]credentialFile `yaml:"credentials"`
	Defaults       map[string]defaultFile    `yaml:"defaults"`
	Auth           configs.Node              `yaml:"auth,required"`
	Account        accountFile               `yaml:"account,required"`
	Paging         configs.Node              `yaml:"paging"`
	Calls          callsFile                 `yaml:"calls,required"`
	Check          []checkFile               `yaml:"check"`
	Faults         []faultFile               `yaml:"faults"`
	Reason         string                    `yaml:"reason"`
	Mapping        configs.Node              `yaml:"mapping,required"`
}

type rateFile struct {
	PerSecond   float64 `yaml:"per_second,required"`
	Burst       int     `yaml:"burst"`
	Concurrency int     `yaml:"concurrency"`
}

type limitFile struct {
	Calls     []string `yaml:"calls,required"`
	PerSecond float64  `yaml:"per_second,required"`
	Burst     int      `yaml:"burst"`
}

type capabilitiesFile struct {
	Deactivate     string `yaml:"deactivate,required"`
	Reactivate     string `yaml:"reactivate"`
	CreateInactive bool   `yaml:"create_inactive"`
	Delete         bool   `yaml:"delete"`
	KeyIsFinal     bool   `yaml:"key_is_final"`
}

// credentialFile declares a credential. It is required unless the file says otherwise.
type credentialFile struct {
	Type        string `yaml:"type"`
	Required    *bool  `yaml:"required"`
	Description string `yaml:"description"`
}

type defaultFile struct {
	Type        string       `yaml:"type,required"`
	Required    bool         `yaml:"required"`
	OneOf       configs.Node `yaml:"one_of"`
	Description string       `yaml:"description"`
}

// accountFile says where an account's values stand in the vendor's answers.
type accountFile struct {
	Item       string            `yaml:"item"`
	Items      string            `yaml:"items"`
	ID         string            `yaml:"id"`
	Key        string            `yaml:"key,required"`
	KeyCase    string            `yaml:"key_case"`
	Active     configs.Node      `yaml:"active"`
	Gone       configs.Node      `yaml:"gone"`
	Fields     map[string]string `yaml:"fields"`
	Required   []string          `yaml:"required"`
	IgnoreCase []string          `yaml:"ignore_case"`
	ClearWith  any               `yaml:"clear_with"`
}

type callsFile struct {
	Find       *callFile `yaml:"find"`
	Get        *callFile `yaml:"get"`
	List       *callFile `yaml:"list"`
	Create     *callFile `yaml:"create"`
	Update     *callFile `yaml:"update"`
	Deactivate *callFile `yaml:"deactivate"`
	Reactivate *callFile `yaml:"reactivate"`
	Delete     *callFile `yaml:"delete"`
}

// requestFile is what every request is made of.
type requestFile struct {
	Request string       `yaml:"request,required"`
	Query   configs.Node `yaml:"query"`
	Headers configs.Node `yaml:"headers"`
	Body    configs.Node `yaml:"body"`
	Form    configs.Node `yaml:"form"`
	Success []int        `yaml:"success"`
}

type callFile struct {
	Request     requestFile  `yaml:",inline"`
	ContentType string       `yaml:"content_type"`
	Item        *string      `yaml:"item"`
	Items       *string      `yaml:"items"`
	IDHeader    string       `yaml:"id_header"`
	Paging      configs.Node `yaml:"paging"`
	Repeatable  *bool        `yaml:"repeatable"`
}

type checkFile struct {
	Request   requestFile  `yaml:",inline"`
	Name      string       `yaml:"name,required"`
	Expect    configs.Node `yaml:"expect"`
	Fine      string       `yaml:"fine"`
	Otherwise string       `yaml:"otherwise"`
}

type faultFile struct {
	Status configs.Node `yaml:"status"`
	Calls  []string     `yaml:"calls"`
	Text   string       `yaml:"text"`
	When   configs.Node `yaml:"when"`
	Class  string       `yaml:"class,required"`
}

type headerFile struct {
	Name  string       `yaml:"name,required"`
	Value configs.Node `yaml:"value,required"`
}

type basicFile struct {
	User     configs.Node `yaml:"user,required"`
	Password configs.Node `yaml:"password,required"`
}

type bearerFile struct {
	Token configs.Node `yaml:"token,required"`
}

type loginFile struct {
	Request    requestFile      `yaml:",inline"`
	Token      string           `yaml:"token,required"`
	Header     string           `yaml:"header"`
	Value      configs.Node     `yaml:"value"`
	Lifetime   configs.Duration `yaml:"lifetime"`
	LifetimeAt string           `yaml:"lifetime_at"`
	Refused    []string         `yaml:"refused"`
}

type oauthFile struct {
	TokenURL     string            `yaml:"token_url,required"`
	ClientID     configs.Node      `yaml:"client_id,required"`
	ClientSecret configs.Node      `yaml:"client_secret,required"`
	Scope        string            `yaml:"scope"`
	InBody       bool              `yaml:"in_body"`
	More         map[string]string `yaml:"more"`
}

// pagingFile is every key of every style; which go together is checked.
type pagingFile struct {
	Style         string `yaml:"style,required"`
	Param         string `yaml:"param"`
	SizeParam     string `yaml:"size_param"`
	Size          int    `yaml:"size"`
	First         *int   `yaml:"first"`
	Header        string `yaml:"header"`
	Next          string `yaml:"next"`
	More          string `yaml:"more"`
	ShortPageEnds bool   `yaml:"short_page_ends"`
	MaxPages      int    `yaml:"max_pages"`
}
