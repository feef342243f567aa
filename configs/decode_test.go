package configs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimrelay/configs"
)

type plant struct {
	Name   string            `yaml:"name,required"`
	Height int               `yaml:"height"`
	Weight float64           `yaml:"weight"`
	Alive  bool              `yaml:"alive"`
	Tags   []string          `yaml:"tags"`
	Labels map[string]string `yaml:"labels"`
	Root   *root             `yaml:"root"`
	Wait   configs.Duration  `yaml:"wait"`
	Share  configs.Percent   `yaml:"share"`
	Key    configs.Secret    `yaml:"key"`
	Any    any               `yaml:"any"`
	Later  configs.Node      `yaml:"later"`
	Common `yaml:",inline"`
}

type root struct {
	Depth uint8 `yaml:"depth"`
}

// Common is spread among the keys of plant.
type Common struct {
	Colour string `yaml:"colour"`
}

func decode(t *testing.T, text string, into any) configs.Faults {
	t.Helper()
	node, faults := configs.Parse("garden.yaml", []byte(text))
	return append(faults, node.Decode(into)...).Sorted()
}

func TestDecodeReadsEveryType(t *testing.T) {
	t.Setenv("GARDEN_KEY", "watering-can")
	var p plant
	faults := decode(t, `
name: |
  oak
height: -12
weight: 3.5
alive: true
tags: [a, "b"]
labels: {x.y: z, 7: seven}
root: {depth: 9}
wait: 1h30m
share: 12.5%
key: "${env:GARDEN_KEY}"
any: {list: [1, 2.5, text, true, ~]}
later:
  depth: 4
colour: green
`, &p)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	var later root
	if err := p.Later.Decode(&later).Err(); err != nil {
		t.Fatal(err)
	}
	got := []any{p.Name, p.Height, p.Weight, p.Alive, p.Tags, p.Labels, p.Root.Depth, time.Duration(p.Wait),
		float64(p.Share), p.Key.Reveal(), p.Any, later.Depth, p.Colour, p.Later.Position().String()}
	want := []any{"oak\n", -12, 3.5, true, []string{"a", "b"}, map[string]string{"x.y": "z", "7": "seven"}, uint8(9),
		90 * time.Minute, 12.5, "watering-can", map[string]any{"list": []any{1, 2.5, "text", true, nil}},
		uint8(4), "green", "garden.yaml:15:3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestDecodeReportsEveryFaultAtItsPlace(t *testing.T) {
	t.Setenv("GARDEN_EMPTY", "")
	var p plant
	faults := decode(t, `height: tall
weight: {kg: 3}
alive: yes
tags: [a, 2, "${env:X}"]
labels: [x]
root: {depth: 300, dept: 1}
wait: 5
share: 10
key: hunter2-the-literal
colour: 12
colour: green
flavour: sweet
any: ${file:x}
`, &p)
	want := []string{
		`garden.yaml:1:1: name is required`,
		`garden.yaml:1:9: height: want a whole number, found text`,
		`garden.yaml:2:9: weight: want a number, found keys and values`,
		`garden.yaml:3:8: alive: want true or false, found text`,
		`garden.yaml:4:11: tags[1]: want text, found a number: put it in quotes`,
		`garden.yaml:4:14: tags[2]: a ${…} reference stands only where a secret does`,
		`garden.yaml:5:9: labels: want keys and values, found a list`,
		`garden.yaml:6:15: root.depth: the number is negative or too large`,
		`garden.yaml:6:20: unknown key "dept": known here are depth`,
		`garden.yaml:7:7: wait: want a duration such as "5s" or "1h30m", or 0`,
		`garden.yaml:8:8: share: want a percentage from "0%" to "100%"`,
		`garden.yaml:9:6: key: a secret stands only as ${env:NAME} or ${file:PATH}`,
		`garden.yaml:10:9: colour: want text, found a number: put it in quotes`,
		`garden.yaml:11:1: the key "colour" stands already on line 10`,
		`garden.yaml:12:1: unknown key "flavour": known here are name, height, weight, alive, tags, labels, root, wait, share, key, any, later, colour`,
		`garden.yaml:13:6: any: a ${…} reference stands only where a secret does`,
	}
	if diff := cmp.Diff(want, strings.Split(faults.Error(), "\n")); diff != "" {
		t.Fatal(diff)
	}
}

func TestDecodeKeepsDefaultsForWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	p := plant{Name: "oak", Height: 7, Tags: []string{"a"}, Root: &root{Depth: 2}}
	if err := decode(t, "name: elm\nheight:\nroot: {}\n", &p).Err(); err != nil {
		t.Fatal(err)
	}
	if p.Name != "elm" || p.Height != 7 || len(p.Tags) != 1 || p.Root.Depth != 2 {
		t.Fatalf("defaults were lost: %+v", p)
	}
}

func TestAnAbsentNodeDecodesToNothing(t *testing.T) {
	t.Parallel()
	r := root{Depth: 3}
	if err := (configs.Node{}).Decode(&r).Err(); err != nil || r.Depth != 3 {
		t.Fatalf("got %+v, %v", r, err)
	}
	node, _ := configs.Parse("garden.yaml", []byte("later: {depth: 1}\n"))
	var p plant
	faults := node.Lookup("nowhere.at.all").Decode(&p)
	if got := faults.Error(); got != "garden.yaml:1:1: name is required" {
		t.Fatal(got)
	}
}

func TestNodeFindsItsParts(t *testing.T) {
	t.Parallel()
	node, faults := configs.Parse("garden.yaml", []byte("beds:\n- {plant: oak}\n- plant: elm\n  x.y: 1\n"))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	bed := node.Lookup("beds.1")
	got := []any{bed.Position().String(), bed.Keys(), bed.KeyPosition("plant").Column, bed.Key("x.y").Position().String(),
		node.Lookup("beds.0.plant").Position().String(), node.Lookup("beds.2").Present(), len(node.Key("beds").Items())}
	want := []any{"garden.yaml:3:3", []string{"plant", "x.y"}, 3, "garden.yaml:4:8", "garden.yaml:2:11", false, 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestDecodeIntoAnUnsupportedTypePanics(t *testing.T) {
	t.Parallel()
	for name, into := range map[string]any{"no pointer": plant{}, "channel": &struct{ C chan int }{}, "time.Duration": &struct{ C time.Duration }{}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node, _ := configs.Parse("x", []byte("c: 1\n"))
			defer func() {
				if recover() == nil {
					t.Fatal("no panic")
				}
			}()
			node.Decode(into)
		})
	}
}
