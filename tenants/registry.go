package tenants

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"

	"scimrelay/configs"
)

// Check says what is wrong with a tenant beyond the form of its file: whether its products exist
// and take its settings, say. It is called for every new version of a file.
type Check func(Tenant) configs.Faults

// Registry is the tenants of a folder of YAML files, one each. Readers see one whole version at
// a time and never wait for a reload. Tenants it returns are shared: nobody changes them.
type Registry struct {
	dir     string
	check   Check
	current atomic.Pointer[snapshot]

	mu      sync.Mutex // of what follows, held while files are read
	sources map[string]*source
	files   []string // that the sources refer to
}

// snapshot is one version of all tenants.
type snapshot struct {
	byID map[string]*Tenant
	all  []*Tenant
}

// Open reads the folder. The error is configs.Faults with everything wrong in all files; a folder
// that does not exist holds no tenants. A nil check accepts everything.
func Open(dir string, check Check) (*Registry, error) {
	r, faults := OpenFaulty(dir, check)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return r, nil
}

// OpenFaulty reads the folder as Open does and holds the tenants whose files have no faults,
// whatever is wrong with others: for whoever has to do with one of them. It returns the faults.
func OpenFaulty(dir string, check Check) (*Registry, configs.Faults) {
	if check == nil {
		check = func(Tenant) configs.Faults { return nil }
	}
	r := &Registry{dir: dir, check: check, sources: map[string]*source{}}
	_, faults, err := r.reload()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		faults.Add(configs.Position{File: dir}, "the folder cannot be read: %v", err)
	}
	return r, faults
}

// Files are the paths of the files that are the tenant's, with faults or without: by the id in
// them, or where there is none to be read by their names.
func (r *Registry) Files(id string) (paths []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for path, s := range r.sources {
		if s.isFor(id) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// Tenant returns the tenant of the id, and whether there is one.
func (r *Registry) Tenant(id string) (*Tenant, bool) {
	t, ok := r.current.Load().byID[id]
	return t, ok
}

// All lists the tenants in the order of their ids.
func (r *Registry) All() []*Tenant { return slices.Clone(r.current.Load().all) }

// Reload reads the folder again and returns the ids of the tenants that are new, changed or gone.
// A file with faults keeps its tenant as it was before, and its faults are returned once; a file
// that is gone takes its tenant with it. While the folder itself cannot be read nothing changes.
func (r *Registry) Reload() (changed []string, faults configs.Faults) {
	changed, faults, err := r.reload()
	if err != nil && (len(r.All()) > 0 || !errors.Is(err, fs.ErrNotExist)) {
		faults.Add(configs.Position{File: r.dir}, "the folder cannot be read: %v", err)
	}
	return changed, faults
}

func (r *Registry) reload() ([]string, configs.Faults, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	paths, err := tenantFiles(r.dir)
	if err != nil {
		if r.current.Load() == nil {
			r.current.Store(&snapshot{})
		}
		return nil, nil, err
	}
	changed, faults := r.publish(r.refresh(paths))
	return changed, faults, nil
}

// reread is Reload for the tenants that refer to any of the files.
func (r *Registry) reread(files []string) (changed []string, faults configs.Faults) {
	stale := make(map[string]bool, len(files))
	for _, file := range files {
		stale[file] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.sources {
		if slices.ContainsFunc(s.refs.Files(), func(file string) bool { return stale[file] }) {
			faults = append(faults, s.refresh(r.check)...)
		}
	}
	return r.publish(faults)
}

// publish shows readers what has been read, and adds the faults of files that are at odds.
func (r *Registry) publish(faults configs.Faults) ([]string, configs.Faults) {
	r.refer()
	faults = append(faults, r.settle()...)
	next := r.snapshot()
	return changes(r.current.Swap(next), next), faults
}

// refresh reads every file and forgets those that are gone.
func (r *Registry) refresh(paths []string) (faults configs.Faults) {
	present := make(map[string]*source, len(paths))
	for _, path := range paths {
		s := r.sources[path]
		if s == nil {
			s = &source{path: path}
		}
		faults = append(faults, s.refresh(r.check)...)
		present[path] = s
	}
	r.sources = present
	return faults
}

// settle decides which file serves each id. A file keeps the id it serves already: a copy made
// beside it must not take the tenant over.
func (r *Registry) settle() (faults configs.Faults) {
	owners := map[string]*source{}
	for _, s := range r.inOrder() {
		owner := owners[s.good.ID]
		if owner == nil {
			s.serving, s.clash = s.good, ""
		} else {
			faults = append(faults, s.yield(owner, owners)...)
		}
		if s.serving != nil {
			owners[s.serving.ID] = s
		}
	}
	return faults
}

// inOrder lists the sources that have a tenant, those that keep their id first, and otherwise
// by path.
func (r *Registry) inOrder() []*source {
	list := make([]*source, 0, len(r.sources))
	for _, s := range r.sources {
		if s.good != nil {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *source) int {
		return cmp.Or(a.order()-b.order(), cmp.Compare(a.path, b.path))
	})
	return list
}

func (r *Registry) snapshot() *snapshot {
	next := &snapshot{byID: make(map[string]*Tenant, len(r.sources))}
	for _, s := range r.sources {
		if s.serving != nil {
			next.byID[s.serving.ID] = s.serving
			next.all = append(next.all, s.serving)
		}
	}
	slices.SortFunc(next.all, func(a, b *Tenant) int { return cmp.Compare(a.ID, b.ID) })
	return next
}

// changes lists the ids that are new, gone or say something else; a new comment is no change.
func changes(before, after *snapshot) (ids []string) {
	if before == nil {
		before = &snapshot{}
	}
	for id, t := range after.byID {
		if old := before.byID[id]; old == nil || old.Fingerprint != t.Fingerprint {
			ids = append(ids, id)
		}
	}
	for id := range before.byID {
		if after.byID[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
