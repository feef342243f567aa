package tenants

import (
	"context"
	"log/slog"
	"time"

	"github.com/fsnotify/fsnotify"

	"scimrelay/configs"
)

const (
	// quiet is how long the folder must rest before it is read: editors write in several steps.
	quiet = 100 * time.Millisecond
	// glance is how often the files that hold secrets are looked at.
	glance = 2 * time.Second
	// effort bounds what that costs: of so many parts of the time, one. Ten thousand files on a
	// slow file system are looked at more seldom.
	effort = 20
	// rescan is how often everything is read anyway: for file systems that tell nothing.
	rescan = 30 * time.Second
)

// Watch keeps the registry as the folder is until the context ends, and then returns. It calls
// onChange, which may be nil, with the ids of tenants that are new, changed or gone, after
// readers see them; what a file's Warnings say is the caller's to log. Faulty files are logged and
// change nothing.
func (r *Registry) Watch(ctx context.Context, log *slog.Logger, onChange func(changed []string)) {
	ear := listen(r.dir, log)
	defer ear.Close()
	tick, glances := time.NewTicker(rescan), time.NewTimer(glance)
	defer tick.Stop()
	defer glances.Stop()
	var secrets look
	secrets.changed(r.referred()) // before the first reading, which they are as old as
	// What changed between Open and now told nobody: begin as if something had.
	settled := time.NewTimer(0)
	defer settled.Stop()
	all, stale := true, []string(nil) // what to read once it has settled
	for {
		select {
		case <-ctx.Done():
			return
		case <-ear.Events:
			all = true
			settled.Reset(quiet)
			continue
		case err := <-ear.Errors: // events were lost; read what there is
			log.Warn("changes of tenant files may have been missed, reading all", "err", err)
			all = true
			settled.Reset(quiet)
			continue
		case <-glances.C:
			began := time.Now()
			if fresh := secrets.changed(r.referred()); len(fresh) > 0 {
				stale = append(stale, fresh...)
				settled.Reset(quiet)
			}
			glances.Reset(max(glance, effort*time.Since(began)))
			continue
		case <-tick.C:
			ear.again(r.dir)
			all = true
		case <-settled.C:
		}
		reload := func() ([]string, configs.Faults) { return r.reread(stale) }
		if all {
			reload = r.Reload
		}
		changed := r.logged(log, reload)
		all, stale = false, nil
		if len(changed) > 0 && onChange != nil {
			onChange(changed)
		}
	}
}

// ear hears of changes in a folder. It watches the folder rather than its files: a file replaced
// by a rename is another file. The one without a watcher hears nothing, and the rescan has to do.
type ear struct {
	*fsnotify.Watcher
}

func listen(dir string, log *slog.Logger) ear {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		log.Warn("tenant folder is not watched, only read again from time to time", "dir", dir, "every", rescan, "err", err)
		return ear{&fsnotify.Watcher{}}
	}
	e := ear{watcher}
	e.again(dir)
	return e
}

// again watches the folder anew: it may have come, or come back, since the last time. Until it
// does there is nothing to hear.
func (e ear) again(dir string) {
	if e.Events != nil {
		_ = e.Add(dir)
	}
}

// Close stops listening.
func (e ear) Close() {
	if e.Events != nil {
		_ = e.Watcher.Close()
	}
}

func (r *Registry) logged(log *slog.Logger, reload func() ([]string, configs.Faults)) []string {
	changed, faults := reload()
	for _, f := range faults.Sorted() {
		log.Error("tenant file is faulty, its previous version stays", "at", f.Position.String(), "fault", f.Message)
	}
	for _, id := range changed {
		t, ok := r.Tenant(id)
		if !ok {
			log.Info("tenant removed", "tenant", id)
			continue
		}
		log.Info("tenant loaded", "tenant", id, "file", t.File, "targets", len(t.Targets))
	}
	return changed
}
