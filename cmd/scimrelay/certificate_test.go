package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scimrelay/configs"
	"scimrelay/telemetry"
)

// writePair writes a self-signed certificate of 127.0.0.1 with the serial number.
func writePair(t *testing.T, files configs.TLS, serial int64, at time.Time) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sample := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, sample, sample, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{files.Certificate: {Type: "CERTIFICATE", Bytes: der}, files.Key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// E-09: TLS 1.2 and 1.3, nothing older, and a renewed certificate without a restart.
func TestE09TLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := configs.TLS{Certificate: filepath.Join(dir, "scim.crt"), Key: filepath.Join(dir, "scim.key")}
	made := writePair(t, files, 1, time.Now().Add(-time.Minute))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	g := &gateway{log: slog.New(slog.DiscardHandler), health: &health{}, telemetry: &telemetry.Telemetry{}}
	g.config.Server.TLS = files
	ended := make(chan error, 1)
	go func() { ended <- g.answer(ctx, listener) }()
	for _, c := range []struct {
		most uint16
		fine bool
	}{{tls.VersionTLS13, true}, {tls.VersionTLS12, true}, {tls.VersionTLS11, false}} {
		roots := x509.NewCertPool()
		roots.AddCert(made)
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10, MaxVersion: c.most}}}
		resp, err := client.Get("https://" + listener.Addr().String() + "/healthz")
		if err == nil {
			_ = resp.Body.Close()
		}
		if (err == nil) != c.fine || err == nil && resp.TLS.Version != c.most {
			t.Errorf("up to version %x: %v", c.most, err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestARenewedCertificateIsTaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := configs.TLS{Certificate: filepath.Join(dir, "scim.crt"), Key: filepath.Join(dir, "scim.key")}
	now := time.Now()
	log := new(screen)
	c := &certificate{files: files, now: func() time.Time { return now }, log: slog.New(slog.NewJSONHandler(log, nil))}
	if _, err := c.get(nil); err == nil {
		t.Error("a certificate without files")
	}
	serial := func() int64 {
		t.Helper()
		pair, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf.SerialNumber.Int64()
	}
	writePair(t, files, 1, now)
	if got := serial(); got != 1 {
		t.Errorf("serial %d", got)
	}
	writePair(t, files, 2, now.Add(time.Second))
	if got := serial(); got != 1 {
		t.Errorf("serial %d: looked again at once", got)
	}
	now = now.Add(time.Minute)
	if got := serial(); got != 2 {
		t.Errorf("serial %d after a renewal", got)
	}
	if err := os.WriteFile(files.Key, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // it is said once
		now = now.Add(time.Minute)
		if got := serial(); got != 2 {
			t.Errorf("serial %d after a broken renewal", got)
		}
	}
	if text := log.String(); strings.Count(text, "the certificate cannot be read again, the old one stays") != 1 || !strings.Contains(text, `"expires":"2`) {
		t.Errorf("the log says %q", text)
	}
}
