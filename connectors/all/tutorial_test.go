package all_test

import (
	"context"
	"errors"
	"go/format"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
)

// root is the repository's, from here, and guide is the document in it.
const (
	root  = "../.."
	guide = root + "/docs/adding-a-connector.md"
)

// TestWhoeverFollowsTheTutorialHasAWorkingProduct does so: a copy of the repository gets every file
// that the guide shows, and the commands that the guide gives for them must go well there.
func TestWhoeverFollowsTheTutorialHasAWorkingProduct(t *testing.T) {
	t.Parallel()
	house := t.TempDir()
	copyRepository(t, house)
	text := mustText(t, guide)
	blocks := named(text)
	if len(blocks) < 10 {
		t.Fatalf("the guide shows %d files: it is read in the wrong way", len(blocks))
	}
	for _, b := range blocks {
		file := filepath.Join(house, filepath.FromSlash(b.file))
		if b.language == "diff" {
			b.text = patched(t, mustText(t, file), b)
		}
		if strings.HasSuffix(b.file, ".go") {
			if formatted, err := format.Source([]byte(b.text)); err != nil || string(formatted) != b.text {
				t.Errorf("%s is not as gofmt has it: %v", b.file, err)
			}
		}
		mustWrite(t, file, []byte(b.text))
	}
	commands := commandsUnder(text, "### 9. Have it tested")
	if len(commands) < 2 {
		t.Fatalf("the guide has it tested by %v", commands)
	}
	for _, command := range commands {
		mustRun(t, house, command)
	}
}

// block is a fenced block under the name of a file.
type block struct {
	file, language, text string
}

// named are the blocks that say what a file holds: each stands under its file's name, in bold.
func named(text string) (blocks []block) {
	shape := regexp.MustCompile("(?m)^\\*\\*`([^`\n]+)`\\*\\*\n\n```(\\w+)\n((?s:.*?)\n)```$")
	for _, m := range shape.FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, block{m[1], m[2], m[3]})
	}
	return blocks
}

// patched is the file with the lines that the block adds, each run of them behind the line before
// it. Whoever has followed the guide in this very repository has them already.
func patched(t *testing.T, text string, b block) string {
	t.Helper()
	for hunk := range strings.SplitSeq(b.text, "\n\n") {
		before, added, behind := "", "", false
		for line := range strings.Lines(strings.TrimSuffix(hunk, "\n") + "\n") {
			switch plus := strings.HasPrefix(line, "+"); {
			case plus:
				added += line[1:]
			case strings.HasPrefix(line, " ") && added == "":
				before += line[1:]
			default:
				behind = true
			}
		}
		if behind || added == "" || strings.Count(text, before) != 1 {
			t.Fatalf("%s: no place for these lines:\n%s", b.file, hunk)
		}
		if !strings.Contains(text, before+added) {
			text = strings.Replace(text, before, before+added, 1)
		}
	}
	return text
}

// commandsUnder are those of the first block under the heading.
func commandsUnder(text, heading string) (commands []string) {
	_, section, _ := strings.Cut(text, "\n"+heading+"\n")
	_, section, _ = strings.Cut(section, "\n```\n")
	section, _, _ = strings.Cut(section, "\n```\n")
	for line := range strings.Lines(section) {
		for command := range strings.SplitSeq(strings.TrimSpace(line), " && ") {
			commands = append(commands, command)
		}
	}
	return commands
}

// mustRun runs the command in the folder, within the time that a slow machine needs.
func mustRun(t *testing.T, folder, command string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	words := strings.Fields(command)
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	c.Dir, c.WaitDelay = folder, 10*time.Second
	if output, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, output)
	}
}

// copyRepository copies what belongs to the repository, this test left out: it would copy again.
func copyRepository(t *testing.T, to string) {
	t.Helper()
	for _, file := range tracked(t) {
		if filepath.Base(file) == "tutorial_test.go" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(root, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue // taken out, and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		mustWrite(t, filepath.Join(to, file), data)
	}
}

// tracked lists the files that are committed or about to be; where there is no git, all there are.
func tracked(t *testing.T) (files []string) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	if output, err := list.Output(); err == nil {
		for name := range strings.SplitSeq(strings.TrimSuffix(string(output), "\x00"), "\x00") {
			files = append(files, filepath.FromSlash(name))
		}
		return files
	}
	t.Log("git does not list the repository's files: all that are in its folder are copied")
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name == ".git":
			return fs.SkipDir
		case entry.Type().IsRegular():
			files = append(files, filepath.FromSlash(name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func mustText(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func mustWrite(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTheGuideKnowsEveryWord that a product may say of itself.
func TestTheGuideKnowsEveryWord(t *testing.T) {
	words := []string{string(connectors.DeactivateNone), string(connectors.DeactivateFlag), string(connectors.DeactivateDisable),
		string(connectors.DeactivateSuspend), string(connectors.DeactivateLicence), string(connectors.DeactivateRevoke),
		string(connectors.DeactivateRemove), string(connectors.DeactivateAnonymise), string(connectors.ReactivateSame),
		string(connectors.ReactivateNewID), string(connectors.ReactivateReattach)}
	for _, class := range connectors.Classes() {
		words = append(words, string(class))
	}
	quoted := inBackticks(mustText(t, guide))
	for _, word := range words {
		if !quoted[word] {
			t.Errorf("`%s` is not in the guide", word)
		}
	}
}
