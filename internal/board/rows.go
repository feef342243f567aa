package board

// Rows is every check, in the order of the scoreboard.
func Rows() []Row {
	return []Row{
		{"C01", Push, "kill -9 of a worker every 50-800 ms in a cluster of PostgreSQL and Redis", "P1-P8, P21: the vendor is as acknowledged, nobody doubled"},
		{"C02", Push, "kill -9 of the embedded process while it acknowledges", "P1: every 2xx is there, and at the vendor"},
		{"C03", Push, "the n-th call to store, queue or vendor refused, carried out and lost, or the process's last", "every n ends with the vendor as wanted"},
		{"C05", Nightly, "gateway, worker, Redis and PostgreSQL killed together", "a cold start converges without help"},
		{"C09", Nightly, "ten planted bugs, one at a time", "each turns a check red"},
		{"Q14", Push, "a thousand changes during the calls they are about", "P4, P7: the last one is final, none goes back"},
		{"Q15", Push, "every ring five times, late and out of order, and again at rest", "P6, P18: nothing is done twice"},
		{"S40", Nightly, "PostgreSQL's primary killed under load, its synchronous standby promoted", "P1; never 401 or 404 meanwhile"},
		{"MODEL", Push, "random writes, deaths, lost calls, sick vendors", "P1–P12, P15, P18, P20, P21"},
	}
}
