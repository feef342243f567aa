package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// place is a folder with a configuration that points at products.
func place(t *testing.T) (dir, config string) {
	t.Helper()
	dir = t.TempDir()
	config = filepath.Join(dir, "scimrelay.yaml")
	if err := os.WriteFile(config, []byte("products: {dir: products}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, config
}

func check(t *testing.T, config string) (code int, out, errs string) {
	t.Helper()
	var o, e screen
	code = run(t.Context(), []string{"config", "check", "--config", config}, console{&o, &e})
	return code, o.String(), e.String()
}

func TestProductsFromAFolderBesideTheConfiguration(t *testing.T) {
	t.Parallel()
	dir, config := place(t)
	if code, _, errs := check(t, config); code != exitInvalid || !strings.Contains(errs, filepath.Join(dir, "products")+": the folder cannot be read") {
		t.Errorf("a folder that is not there: %d %s", code, errs)
	}
	if err := writeProducts(filepath.Join(dir, "products")); err != nil {
		t.Fatal(err)
	}
	if err := writeTenants(filepath.Join(dir, "tenants"), "http://127.0.0.1:9100", true); err != nil {
		t.Fatal(err)
	}
	code, out, errs := check(t, config)
	for _, want := range []string{"product gitlab: GitLab\n", "product zendesk: Zendesk Support\n", "tenant gitlab: 1 target(s)\n", "tenant sage: 1 target(s)\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s%s", want, out, errs)
		}
	}
	if code != exitFine {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestFaultsOfProductsAreReportedWithTheirPlaces(t *testing.T) {
	t.Parallel()
	dir, config := place(t)
	if err := writeProducts(filepath.Join(dir, "products")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "products", "gitlab.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(strings.Replace(string(text), "name: gitlab\n", "name: sage\n", 1), "user.organization", "user.organisation", 1)
	if err := os.WriteFile(filepath.Join(dir, "products", "other.yaml"), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := check(t, config); code != exitInvalid || !strings.Contains(errs, "other.yaml:") || !strings.Contains(errs, "mapping: organization: unknown field organisation") {
		t.Errorf("%d %s", code, errs)
	}
	taken := strings.Replace(string(text), "name: gitlab\n", "name: sage\n", 1)
	if err := os.WriteFile(filepath.Join(dir, "products", "other.yaml"), []byte(taken), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := check(t, config); code != exitInvalid || !strings.Contains(errs, `name: there is a product "sage" already`) {
		t.Errorf("%d %s", code, errs)
	}
}

func TestVendorsWriteProductsAndTheirTenantsWhenAsked(t *testing.T) {
	t.Parallel()
	for name, products := range map[string]bool{"with": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, config := place(t)
			args := []string{"vendors", "--listen", "127.0.0.1:0", "--tenants", filepath.Join(dir, "tenants")}
			if products {
				args = append(args, "--products", filepath.Join(dir, "products"))
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var out, errs screen
			ended := make(chan int, 1)
			go func() { ended <- run(ctx, args, console{&out, &errs}) }()
			until(t, "serving", func() bool { return strings.Contains(out.String(), "state, calls and faults") || len(ended) > 0 })
			_, err := os.Stat(filepath.Join(dir, "tenants", "gitlab.yaml"))
			if (err == nil) != products {
				t.Errorf("the tenant of a product that is a file: %v", err)
			}
			if products {
				for _, tenant := range []string{"gitlab", "zendesk"} {
					var o, e screen
					if code := run(ctx, []string{"tenant", "check", tenant, "--config", config}, console{&o, &e}); code != exitFine || !strings.Contains(o.String(), "administrator") {
						t.Errorf("tenant check %s: %d\n%s%s", tenant, code, &o, &e)
					}
				}
			}
			stop()
			if code := <-ended; code != exitFine {
				t.Errorf("exit code %d: %s", code, &errs)
			}
		})
	}
}
