package tenants

import "scimrelay/configs"

// check wants both numbers or neither.
func (r requestsFile) check(node configs.Node) (fs configs.Faults) {
	if !node.Present() {
		return nil
	}
	if !(r.PerSecond > 0 && r.PerSecond <= 100_000) || r.Burst < 1 || r.Burst > 1_000_000 {
		fs.Add(node.Position(), "requests: want per_second above 0 and a burst of 1 at least, as in {per_second: 25, burst: 100}")
	}
	return fs
}
