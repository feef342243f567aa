package demo

// chain is how many people of the start of the directory report each to the next, who arrives
// later; the last of them reports to the head of the company.
const chain = 5

// chief is the place of the head of the company, who has no manager.
func chief(n int) int { return n / 2 }

// head is the place of a department's head: every second one arrives early, before their
// people, and every other one at the very end, after them.
func head(department, n int) int {
	if department%2 == 0 {
		return chain + 1 + department/2
	}
	return n - 1 - department/2
}

func department(i, n int) int {
	for d := range departments() {
		if head(d, n) == i {
			return d
		}
	}
	return i % len(departments())
}

// manager is the place of the i-th person's manager, and i for the head of the company.
func manager(i, n int) int {
	boss := head(department(i, n), n)
	switch {
	case i == chief(n):
		return i
	case i < chain:
		return i + 1
	case i == chain || i == boss:
		return chief(n)
	}
	return boss
}
