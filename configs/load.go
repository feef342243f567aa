package configs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Load reads and validates the gateway's file; an empty path gives the defaults. The error is
// Faults, with everything wrong at once.
func Load(path string) (Config, error) {
	return LoadWith(path, Overrides{})
}

// LoadWith is Load with the command line's word over the file's, validated together.
func LoadWith(path string, over Overrides) (Config, error) {
	root, faults := readRoot(path)
	c := Default()
	c.File = path
	faults = append(faults, root.Decode(&c)...)
	faults = append(faults, over.apply(&c)...)
	faults = append(faults, c.validate(root, over)...)
	c.Warnings = c.warnings(root)
	for _, file := range []*string{&c.Tenants.Dir, &c.Products.Dir, &c.Server.TLS.Certificate, &c.Server.TLS.Key, &c.Audit.Anchors} {
		if path != "" && *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(filepath.Dir(path), *file)
		}
	}
	if err := faults.Err(); err != nil {
		return Config{}, err
	}
	return c, nil
}

func readRoot(path string) (Node, Faults) {
	if path == "" {
		return Node{}, nil
	}
	return ReadFile(path)
}

// ReadFile parses a YAML file. That it cannot be read is a fault like any other.
func ReadFile(path string) (Node, Faults) {
	data, faults := Read(path)
	if len(faults) > 0 {
		return Node{File: path}, faults
	}
	return Parse(path, data)
}

// Read returns the text of a file, for who compares it before parsing. It reads hardly more of
// it than a file may hold.
func Read(path string) ([]byte, Faults) {
	data, err := readCapped(path)
	if err != nil {
		var failed *fs.PathError
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return nil, Faults{{Position{File: path}, "the file cannot be read: " + err.Error()}}
	}
	return data, nil
}

func readCapped(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}
