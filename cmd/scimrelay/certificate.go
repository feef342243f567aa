package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"scimrelay/configs"
)

// certificate is the gateway's own, read again after its files have changed. While new ones
// cannot be read the old one stays.
type certificate struct {
	files configs.TLS
	now   func() time.Time
	log   *slog.Logger

	mu      sync.Mutex
	loaded  *tls.Certificate
	stamp   [2]time.Time
	checked time.Time
	said    string // of what is wrong with the files
}

// certificateEvery is how long a renewed certificate may go unnoticed.
const certificateEvery = 30 * time.Second

// get implements tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); c.loaded == nil || now.Sub(c.checked) >= certificateEvery {
		c.checked = now
		err := c.load()
		if err != nil && c.loaded == nil {
			return nil, fmt.Errorf("server.tls: %w", err)
		}
		c.tell(err)
	}
	return c.loaded, nil
}

// tell says once what keeps a renewed certificate from being taken: whoever hears of it only when
// the old one has expired hears it from the clients.
func (c *certificate) tell(err error) {
	said := ""
	if err != nil {
		said = err.Error()
	}
	if said != "" && said != c.said {
		c.log.Error("the certificate cannot be read again, the old one stays", "expires", c.expires(), "err", err)
	}
	c.said = said
}

// expires is when the one in use does.
func (c *certificate) expires() time.Time {
	if c.loaded.Leaf == nil {
		return time.Time{}
	}
	return c.loaded.Leaf.NotAfter
}

func (c *certificate) load() error {
	cert, certErr := os.Stat(c.files.Certificate)
	key, keyErr := os.Stat(c.files.Key)
	if err := errors.Join(certErr, keyErr); err != nil {
		return err
	}
	stamp := [2]time.Time{cert.ModTime(), key.ModTime()}
	if c.loaded != nil && stamp == c.stamp {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.files.Certificate, c.files.Key)
	if err != nil {
		return err
	}
	c.loaded, c.stamp = &pair, stamp
	return nil
}
