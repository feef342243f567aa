package board

// Rows is every check, in the order of the scoreboard.
func Rows() []Row {
	return []Row{
		{"C03", Push, "the n-th call to store, queue or vendor refused, carried out and lost, or the process's last", "every n ends with the vendor as wanted"},
		{"MODEL", Push, "random writes, deaths, lost calls, sick vendors", "P1–P12, P15, P18, P20, P21"},
	}
}
