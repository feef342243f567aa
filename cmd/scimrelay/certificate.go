package main

import (
	"crypto/tls"
	"errors"
	"fmt"
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

	mu      sync.Mutex
	loaded  *tls.Certificate
	stamp   [2]time.Time
	checked time.Time
}

// certificateEvery is how long a renewed certificate may go unnoticed.
const certificateEvery = 30 * time.Second

// get implements tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); c.loaded == nil || now.Sub(c.checked) >= certificateEvery {
		c.checked = now
		if err := c.load(); err != nil && c.loaded == nil {
			return nil, fmt.Errorf("server.tls: %w", err)
		}
	}
	return c.loaded, nil
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
