package configs

import (
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
)

// Config is the gateway's own file, whole and valid. Default returns the one that needs no file.
type Config struct {
	Server   Server   `yaml:"server"`
	Store    Store    `yaml:"store"`
	Queue    Queue    `yaml:"queue"`
	Tenants  Tenants  `yaml:"tenants"`
	Products Products `yaml:"products"`
	Outbound Outbound `yaml:"outbound"`
	Tokens   Tokens   `yaml:"tokens"`
	Log      Log      `yaml:"log"`
	Worker   Worker   `yaml:"worker"`
	// File is where it was read from; empty without a file.
	File string `yaml:"-"`
}

// Server is where the gateway listens and how the world reaches it.
type Server struct {
	// Listen is the host and port to listen on.
	Listen string `yaml:"listen"`
	// PublicURL is what tenants' SCIM URLs start with, without a slash at the end. It follows
	// Listen unless the file says otherwise.
	PublicURL string `yaml:"public_url"`
	// TLS is for a gateway without a proxy in front that speaks https for it.
	TLS TLS `yaml:"tls"`
}

// TLS is a certificate with its chain and its key, both PEM files. Load resolves them against
// the folder of the configuration file. They are read again when they change.
type TLS struct {
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
}

// On reports whether the gateway speaks https itself.
func (t TLS) On() bool { return t.Certificate != "" }

// Store is where state lives: sqlite://FILE, or postgres://….
type Store struct {
	URL URL `yaml:"url"`
}

// Queue is what carries turns: inprocess, or redis://…, rediss://…, redis-sentinel://….
type Queue struct {
	URL URL `yaml:"url"`
}

// Tenants is where the tenants' files are.
type Tenants struct {
	// Dir is relative to the folder of the configuration file; Load resolves it.
	Dir string `yaml:"dir"`
}

// Products is where the files of products are that are described in YAML.
type Products struct {
	// Dir is relative to the folder of the configuration file; Load resolves it. Empty is none:
	// the products compiled in are there in any case.
	Dir string `yaml:"dir"`
}

// Outbound is where vendors may be. It stands in the operator's file only: no tenant's file can
// lead the gateway to where it must not call.
type Outbound struct {
	// Private lets a target's base_url name a loopback or private address, as a literal. Without
	// it that is allowed to a gateway whose own public URL is a loopback one.
	Private *bool `yaml:"private"`
}

// Private reports whether a vendor may be at a loopback or private address.
func (c Config) Private() bool {
	if c.Outbound.Private != nil {
		return *c.Outbound.Private
	}
	public, err := url.Parse(c.Server.PublicURL)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(public.Hostname())
	return strings.EqualFold(public.Hostname(), "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// Tokens is what tenants' tokens are hashed with.
type Tokens struct {
	// Key is the key of the hash, at least 32 bytes and the same in every process. Whoever
	// serves without one has to find its own.
	Key Secret `yaml:"key"`
}

// Log is what the log shows.
type Log struct {
	// Level is debug, info, warn or error.
	Level string `yaml:"level"`
	// Format is json or text.
	Format string `yaml:"format"`
}

// Worker is how much a process relays at once.
type Worker struct {
	// Turns is the number of targets served at the same time.
	Turns int `yaml:"turns"`
}

// Default is the configuration without a file: one process, a SQLite file, nothing else needed.
func Default() Config {
	return Config{
		Server:  Server{Listen: "127.0.0.1:8080"},
		Store:   Store{URL: NewURL("sqlite://data/scimrelay.db")},
		Queue:   Queue{URL: NewURL("inprocess")},
		Tenants: Tenants{Dir: "tenants"},
		Log:     Log{Level: "info", Format: "json"},
		Worker:  Worker{Turns: 256},
	}
}

// Overrides is what the command line may say over the file; an empty field says nothing.
type Overrides struct {
	// Listen replaces server.listen, and the public URL with it unless the file names one.
	Listen string
	// Data replaces the folder of the SQLite file.
	Data string
}

// apply changes the configuration and reports what does not fit it.
func (o Overrides) apply(c *Config) (fs Faults) {
	if o.Listen != "" {
		c.Server.Listen = o.Listen
	}
	if o.Data == "" {
		return nil
	}
	path, query, ok := c.Store.URL.SQLite()
	if !ok {
		fs.Add(Position{File: "--data"}, "a data folder goes with a sqlite store only")
		return fs
	}
	folder, err := filepath.Abs(o.Data)
	if err != nil {
		fs.Add(Position{File: "--data"}, "the folder has no absolute path: %v", err)
		return fs
	}
	c.Store.URL = sqliteURL(filepath.ToSlash(filepath.Join(folder, filepath.Base(path))), query)
	return nil
}
