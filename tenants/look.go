package tenants

import (
	"io/fs"
	"os"
	"slices"
)

// look is how the files that tenants' files refer to were when they were last looked at: secrets
// lie elsewhere than the folder, and may be swapped by a link far above them, as Kubernetes does. So
// they are looked at rather than watched, each once however many name it, and never read.
type look struct {
	stamps map[string]fs.FileInfo // nil where there is no file
}

// changed looks again and lists those that are another file or another version, or were not looked
// at before.
func (l *look) changed(files []string) (changed []string) {
	now := make(map[string]fs.FileInfo, len(files))
	for _, file := range files {
		stamp, err := os.Stat(file)
		if err != nil {
			stamp = nil
		}
		if before, known := l.stamps[file]; !known || !same(before, stamp) {
			changed = append(changed, file)
		}
		now[file] = stamp
	}
	l.stamps = now
	return changed
}

func same(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size() && a.Mode() == b.Mode()
}

// referred lists the files that the tenants' files name, each once. It is made when they are read.
func (r *Registry) referred() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.files
}

// refer gathers what referred lists. The caller holds the lock.
func (r *Registry) refer() {
	var files []string
	for _, s := range r.sources {
		files = append(files, s.refs.Files()...)
	}
	slices.Sort(files)
	r.files = slices.Clip(slices.Compact(files))
}
