package relay_test

// seeds is how many of so many histories are played: two with the race detector.
func seeds(all uint64) uint64 {
	if racing {
		return min(all, 2)
	}
	return all
}
