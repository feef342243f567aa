package configs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxSecret bounds a file that holds a secret; the largest seen is a certificate chain.
const maxSecret = 64 << 10

// resolve replaces ${env:NAME} or ${file:PATH} by what it names. The problem, when there is
// one, names the variable or the file and never quotes a value.
func (n Node) resolve(text string) (value, problem string) {
	inner, ok := strings.CutPrefix(text, "${")
	inner, closed := strings.CutSuffix(inner, "}")
	kind, name, split := strings.Cut(inner, ":")
	switch {
	case !ok || !closed || !split || name == "":
		return "", "want ${env:NAME} or ${file:PATH}"
	case kind == "env":
		value, problem = fromEnvironment(name)
	case kind == "file":
		value, problem = fromFile(beside(n.File, name))
	default:
		return "", "want ${env:NAME} or ${file:PATH}"
	}
	return value, problem
}

func isReference(text string) bool {
	return strings.HasPrefix(text, "${") && strings.HasSuffix(text, "}")
}

func fromEnvironment(name string) (value, problem string) {
	// A literal secret put in the place of the name must not come back in the message.
	if !isVariable(name) {
		return "", "the name after env: is no name of an environment variable"
	}
	value, ok := os.LookupEnv(name)
	if !ok {
		return "", fmt.Sprintf("the environment variable %s is not set", name)
	}
	if value == "" {
		return "", fmt.Sprintf("the environment variable %s is empty", name)
	}
	return value, ""
}

func isVariable(name string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
	return strings.IndexAny(name, letters) == 0 && strings.Trim(name, letters+"0123456789") == ""
}

// beside is where a path leads that stands in a YAML file: a relative one begins at its folder.
func beside(file, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

// fromFile reads a secret from a file.
func fromFile(path string) (value, problem string) {
	data, err := readRegular(path)
	var failed *fs.PathError
	switch {
	case errors.As(err, &failed):
		return "", fmt.Sprintf("the file %s cannot be read: %v", path, failed.Err)
	case err != nil:
		return "", fmt.Sprintf("the file %s cannot be read: %v", path, err)
	}
	value = strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if value == "" {
		return "", fmt.Sprintf("the file %s is empty", path)
	}
	return value, ""
}

// readRegular refuses pipes and devices, which would block the reader for ever.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSecret {
		return nil, fmt.Errorf("it is larger than %d bytes", maxSecret)
	}
	return data, nil
}
