package simhost

import (
	"html/template"
	"net/http"
)

const pageText = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Title}} (simulator)</title>
<style>body{font:15px system-ui;margin:2rem}table{border-collapse:collapse}td,th{padding:.3rem .8rem;border-bottom:1px solid #ddd;text-align:left}
.off{color:#888}</style></head><body>
<h1>{{.Title}} <small>simulator</small></h1>
<p>{{len .Accounts}} accounts</p>
<table><tr><th>id</th><th>key</th><th>active</th><th>as the product holds it</th></tr>
{{range .Accounts}}<tr{{if not .Active}} class="off"{{end}}><td>{{.ID}}</td><td>{{.Key}}</td><td>{{if .Active}}yes{{else}}no{{end}}</td>
<td>{{range $name, $value := .Native}}{{$name}}: {{$value}} · {{end}}</td></tr>
{{end}}</table></body></html>
`

// page shows the accounts to a person.
func (p *product) page(w http.ResponseWriter, _ *http.Request) {
	state := p.state()
	data := struct {
		Title    string
		Accounts []Account
	}{p.Sample().Title, state.Accounts}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = template.Must(template.New("page").Parse(pageText)).Execute(w, data)
}
