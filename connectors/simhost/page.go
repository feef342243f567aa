package simhost

import (
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"slices"
)

const pageText = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Title}} (simulator)</title>
<style>body{font:15px system-ui;margin:2rem}table{border-collapse:collapse}td,th{padding:.3rem .8rem;border-bottom:1px solid #ddd;text-align:left}
.off{color:#888}b{font-weight:600;color:#555;margin-left:.6em}.off b{color:#aaa}</style></head><body>
<h1>{{.Title}} <small>simulator</small></h1>
<p>{{len .Accounts}} accounts{{if .Groups}}, {{len .Groups}} groups{{end}}</p>
<table><tr><th>id</th><th>key</th><th>active</th><th>as the product holds it</th></tr>
{{range .Accounts}}<tr{{if not .Active}} class="off"{{end}}><td>{{.ID}}</td><td>{{.Key}}</td><td>{{if .Active}}yes{{else}}no{{end}}</td>
<td>{{range held .Native}}<b>{{.Name}}</b> {{.Value}} {{end}}</td></tr>
{{end}}</table>
{{if .Groups}}<h2>Groups</h2>
<table><tr><th>id</th><th>name</th><th>members</th><th></th></tr>
{{range .Groups}}<tr{{if not .Members}} class="off"{{end}}><td>{{.ID}}</td><td>{{.Name}}</td><td>{{len .Members}}</td>
<td>{{range .Members}}{{.}} · {{end}}</td></tr>
{{end}}</table>{{end}}</body></html>
`

// page shows the accounts and groups to a person.
func (p *product) page(w http.ResponseWriter, _ *http.Request) {
	state := p.state()
	data := struct {
		Title    string
		Accounts []Account
		Groups   []Group
	}{p.Sample().Title, state.Accounts, state.Groups}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = template.Must(template.New("page").Funcs(template.FuncMap{"held": held}).Parse(pageText)).Execute(w, data)
}

// attribute is one of the product's own, as a person reads it.
type attribute struct{ Name, Value string }

// held are the attributes that the product's own object has a value for.
func held(native any) (all []attribute) {
	text, err := json.Marshal(native)
	if err != nil {
		return nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil {
		return []attribute{{"", string(text)}}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		value := string(object[name])
		switch value {
		case "null", `""`, "[]", "{}":
			continue
		}
		var plain string
		if json.Unmarshal(object[name], &plain) == nil {
			value = plain
		}
		all = append(all, attribute{name, value})
	}
	return all
}
