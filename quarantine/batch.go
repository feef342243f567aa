package quarantine

import (
	"hash/fnv"
	"strings"
)

// What is held at a target waits in the order of numbers that rise, and a batch is what waits up
// to one of them. Its name is that number in a form that people can read out: who approves a name
// approves what was there when the name was shown, and nothing that joined later.

const (
	batchAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // without I, L, O and U
	batchPrefix   = "b-"
	batchMost     = 8 // letters
)

// batchForm is how numbers of some length are written. Names of neighbours look unlike each
// other, so that a slip finds none: factor * inverse = 1 modulo 2^(5*letters).
type batchForm struct {
	letters         int
	factor, inverse uint64
}

// batchFormOf is the form of names of so many letters. The long one is for a target that has held
// more than the short one has names for: there each would stand for two numbers.
func batchFormOf(letters int) (batchForm, bool) {
	switch letters {
	case 4:
		return batchForm{4, 0x9E375, 0xB94DD}, true
	case batchMost:
		return batchForm{batchMost, 0x9E3779B97F, 0x4C19BC067F}, true
	}
	return batchForm{}, false
}

func (f batchForm) mask() uint64 { return 1<<(5*f.letters) - 1 }

// formFor is the form in which the number is written.
func formFor(number int64) batchForm {
	short, _ := batchFormOf(4)
	if uint64(number) <= short.mask() { //nolint:gosec // it counts from one
		return short
	}
	long, _ := batchFormOf(batchMost)
	return long
}

// BatchName is the name of what waits at the target up to the number.
func BatchName(tenant, target string, number int64) string {
	f := formFor(number)
	n := (uint64(number)*f.factor + batchOffset(tenant, target)) & f.mask() //nolint:gosec // as above
	name := make([]byte, f.letters)
	for i := range name {
		name[i] = batchAlphabet[n>>(5*(f.letters-1-i))&31]
	}
	return batchPrefix + string(name)
}

// BatchNumber is the number that the name stands for at the target, and false when it is no
// batch's name. Letters may be small, and those taken for digits are digits.
func BatchNumber(tenant, target, name string) (int64, bool) {
	letters, ok := strings.CutPrefix(strings.ToLower(name), batchPrefix)
	f, known := batchFormOf(len(letters))
	if !ok || !known {
		return 0, false
	}
	var n uint64
	for _, c := range strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(letters)) {
		at := strings.IndexRune(batchAlphabet, c)
		if at < 0 {
			return 0, false
		}
		n = n<<5 | uint64(at)
	}
	number := int64((n - batchOffset(tenant, target)) * f.inverse & f.mask()) //nolint:gosec // the mask is of 40 bits at most
	return number, formFor(number) == f
}

// batchOffset lets no two targets name their batches alike.
func batchOffset(tenant, target string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(tenant + "\x00" + target))
	return h.Sum64()
}
