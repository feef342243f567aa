package tenants

import "scimrelay/configs"

// guardLeast is the least a tenant's own limits may be, in percent: below it a company that lives
// would be held all the time.
const guardLeast = 3

type guardFile struct {
	MaxDeletes  *configs.Percent `yaml:"max_deletes"`
	MaxRemovals *configs.Percent `yaml:"max_removals"`
}

// readGuard reads a target's guard: its limits, or the word off.
func readGuard(node configs.Node) (Guard, configs.Faults) {
	if node.Present() && !node.IsMapping() {
		return readGuardWord(node)
	}
	var f guardFile
	faults := node.Decode(&f)
	if len(faults) > 0 {
		return Guard{}, faults
	}
	for key, share := range map[string]*configs.Percent{"max_deletes": f.MaxDeletes, "max_removals": f.MaxRemovals} {
		if share != nil && *share < guardLeast {
			faults.Add(node.Key(key).Position(), `%s.%s: want a share from "3%%" to "100%%"; to let everything through write guard: off`, node.Path(), key)
		}
	}
	return Guard{MaxDeletes: f.MaxDeletes, MaxRemovals: f.MaxRemovals}, faults
}

func readGuardWord(node configs.Node) (Guard, configs.Faults) {
	var word configs.Text
	faults := node.Decode(&word)
	if len(faults) > 0 || word.Value != "off" {
		faults = nil
		faults.Add(node.Position(), "%s: want {max_deletes: 10%%, max_removals: 25%%}, or off", node.Path())
		return Guard{}, faults
	}
	return Guard{Off: true}, nil
}

// warnings says what must not be overlooked.
func (g Guard) warnings(node configs.Node) (fs configs.Faults) {
	if g.Off {
		fs.Add(node.Position(), "%s: off: however many leave at once, their accounts go without anybody being asked", node.Path())
	}
	return fs
}
