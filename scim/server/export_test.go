package server

// Route is a row of the table of routes, for tests that must not forget one.
type Route struct{ Method, Path string }

// Routes is the server's own table of routes, below a tenant's base URL.
func (s *Server) Routes() (table []Route) {
	for _, r := range s.routes() {
		table = append(table, Route{Method: r.method, Path: r.path})
		if r.method == "GET" {
			table = append(table, Route{Method: "HEAD", Path: r.path})
		}
	}
	return table
}
