package configs

import (
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"
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
	Notify   Notify   `yaml:"notify"`
	Audit    Audit    `yaml:"audit"`
	Secrets  Secrets  `yaml:"secrets"`
	// Quarantine is when targets rest, and for how long.
	Quarantine Quarantine `yaml:"quarantine"`
	// File is where it was read from; empty without a file.
	File string `yaml:"-"`
	// Warnings is what it says that works as it stands and needs a look all the same.
	Warnings Faults `yaml:"-"`
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
	// Rate is what each tenant's identity provider may send, to each process; a tenant's file may
	// say otherwise. Without PerSecond there is no limit.
	Rate Rate `yaml:"rate"`
	// MaxRequests are answered at a time, MaxConnections are open at a time; 0 is any number.
	MaxRequests    int `yaml:"max_requests"`
	MaxConnections int `yaml:"max_connections"`
	// TrustedProxies are the addresses, or ranges of them, of proxies whose X-Forwarded-For counts.
	TrustedProxies []string `yaml:"trusted_proxies"`
	// Busy is how long a request waits for a writer or a connection of the store.
	Busy Duration `yaml:"busy"`
	// Drain is how long a process that was told to stop goes on accepting, after it has said in
	// its readiness that it leaves.
	Drain Duration `yaml:"drain"`
	// MemoryLimit is what the process tries to stay below; 0 leaves it to the runtime. The
	// environment's GOMEMLIMIT comes before it.
	MemoryLimit Size `yaml:"memory_limit"`
}

// Rate is a token bucket: so many a second in the long run, and so many at once.
type Rate struct {
	PerSecond float64 `yaml:"per_second"`
	Burst     int     `yaml:"burst"`
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

// Audit is where the ends of the audit's chains are kept beside the log.
type Audit struct {
	// Anchors is a file that they are appended to, empty for none. Load resolves it against the
	// folder of the configuration file.
	Anchors string `yaml:"anchors"`
	// Key, if there is one, signs every line of the file: at least 32 bytes.
	Key Secret `yaml:"key"`
}

// Secrets is how the gateway's own secrets are kept.
type Secrets struct {
	// Keys encrypt them: the first one what is written, the others what is there already.
	// Without one they lie open.
	Keys []SecretKey `yaml:"keys"`
}

// SecretKey is a named key of at least 32 bytes.
type SecretKey struct {
	ID  string `yaml:"id,required"`
	Key Secret `yaml:"key,required"`
}

// Default is the configuration without a file: one process, a SQLite file, nothing else needed.
func Default() Config {
	return Config{
		Server: Server{Listen: "127.0.0.1:8080", Rate: Rate{PerSecond: 25, Burst: 100}, MaxRequests: 1000,
			MaxConnections: 10_000, Busy: Duration(2 * time.Second), Drain: Duration(5 * time.Second), MemoryLimit: 256 << 20},
		Store:   Store{URL: NewURL("sqlite://data/scimrelay.db")},
		Queue:   Queue{URL: NewURL("inprocess")},
		Tenants: Tenants{Dir: "tenants"},
		Log:     Log{Level: "info", Format: "json"},
		Worker:  Worker{Turns: 256},
		Notify:  Notify{SMTP: SMTP{TLS: "starttls"}},

		Quarantine: defaultQuarantine(),
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
