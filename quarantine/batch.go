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
	batchLetters  = 4
	batchBits     = 5 * batchLetters
	batchMask     = 1<<batchBits - 1
	// Names of neighbours look unlike each other, so that a slip finds none.
	batchFactor  = 0x9E375
	batchInverse = 0xB94DD // batchFactor * batchInverse = 1 modulo 2^20
)

// BatchName is the name of what waits at the target up to the number.
func BatchName(tenant, target string, number int64) string {
	n := (uint64(number&batchMask)*batchFactor + batchOffset(tenant, target)) & batchMask
	var name [batchLetters]byte
	for i := range name {
		name[i] = batchAlphabet[n>>(5*(batchLetters-1-i))&31]
	}
	return batchPrefix + string(name[:])
}

// BatchNumber is the number that the name stands for at the target, and false when it is no
// batch's name. Letters may be small, and those taken for digits are digits.
func BatchNumber(tenant, target, name string) (int64, bool) {
	letters, ok := strings.CutPrefix(strings.ToLower(name), batchPrefix)
	if !ok || len(letters) != batchLetters {
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
	return int64((n - batchOffset(tenant, target)) * batchInverse & batchMask), true
}

// batchOffset lets no two targets name their batches alike.
func batchOffset(tenant, target string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(tenant + "\x00" + target))
	return h.Sum64()
}
