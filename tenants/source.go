package tenants

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"scimrelay/configs"
)

// source is one tenant's file, as last read.
type source struct {
	path string
	// digest and secrets tell whether the file or what it refers to has changed; of the file
	// itself nothing is kept.
	digest  [sha256.Size]byte
	secrets string
	refs    configs.References
	read    bool
	// named is the id in the last version, with faults or without; empty when it has none that
	// can be read.
	named string
	// good is the last version without faults, serving the one in the snapshot; they differ
	// while another file has the same id.
	good, serving *Tenant
	// clash is the file that has the id, so that it is reported once.
	clash string
}

// tenantFiles lists the YAML files of a folder in order. Hidden ones are left out: editors and
// mounted secrets keep their own business there.
func tenantFiles(dir string) (paths []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && (ext == ".yaml" || ext == ".yml") {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}

// refresh reads the file again if it or its secrets have changed, and returns the faults of the
// new version.
func (s *source) refresh(check Check) configs.Faults {
	data, faults := configs.Read(s.path)
	digest, secrets := sha256.Sum256(data), s.refs.Fingerprint()
	if s.read && digest == s.digest && secrets == s.secrets {
		return nil
	}
	s.read, s.digest, s.named = true, digest, ""
	if len(faults) > 0 {
		return faults
	}
	root, faults := configs.Parse(s.path, data)
	s.refs = root.References()
	s.secrets = s.refs.Fingerprint()
	tenant, faults := read(root, faults)
	s.named = tenant.ID
	if root.Present() {
		faults = append(faults, elsewhere(check(tenant), faults)...)
	}
	if len(faults) == 0 {
		s.good = &tenant
	}
	return faults
}

// elsewhere leaves out what is found at the place of a fault already: a product that gets a
// faulty value would only say so once more.
func elsewhere(found, known configs.Faults) configs.Faults {
	return slices.DeleteFunc(found, func(f configs.Fault) bool {
		return slices.ContainsFunc(known, func(k configs.Fault) bool { return k.Position == f.Position })
	})
}

// isFor reports whether the file is the tenant's: by the id in it, or where there is none to be
// read by its name.
func (s *source) isFor(id string) bool {
	name := filepath.Base(s.path)
	return s.named == id || s.named == "" && strings.TrimSuffix(name, filepath.Ext(name)) == id
}

// order puts first the files whose id stays what it was.
func (s *source) order() int {
	if s.serving != nil && s.serving.ID == s.good.ID {
		return 0
	}
	return 1
}

// yield leaves the id to the file that has it, and reports that once. What the file served
// before, under another id that is still free, it goes on serving.
func (s *source) yield(owner *source, owners map[string]*source) (fs configs.Faults) {
	if s.clash != owner.path {
		fs.Add(s.good.Position, "id: the tenant %q stands already in %s", s.good.ID, owner.path)
	}
	s.clash = owner.path
	if s.serving != nil && owners[s.serving.ID] != nil {
		s.serving = nil
	}
	return fs
}
