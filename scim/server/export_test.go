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
	for _, r := range s.beside() {
		table = append(table, Route{Method: r.method, Path: "/../.." + r.path})
	}
	return table
}

// FailureStatus is the status for a class of fault, and whether the table has the class.
func FailureStatus(class string) (status int, known bool) {
	f, known := failures[class]
	return f.status, known
}

// Failures is how many classes the table has.
func Failures() int { return len(failures) }

// Aside is the states of links that are given up for now.
func Aside() []string { return aside() }

// Mounted is every route of the router, whole.
func (s *Server) Mounted() (table []Route, err error) {
	e, err := s.engine()
	if err != nil {
		return nil, err
	}
	for _, r := range e.Routes() {
		table = append(table, Route{Method: r.Method, Path: r.Path})
	}
	return table, nil
}
