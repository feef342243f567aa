package scim

// fewKeys is up to how many keys comparing each with each beats a map.
const fewKeys = 32

// keySet finds the second spelling of a key of one object. Most objects have few keys, for
// which a walk over the decoder's stack costs nothing; an object with many gets a map, so
// that long keys with one common beginning cannot make the walk slow.
type keySet struct {
	start int
	names map[string]struct{}
}

// add notes the key and reports whether the object already had it in any case.
func (s *keySet) add(d *decoder, key string) bool {
	if s.names == nil && len(d.keys)-s.start < fewKeys {
		for _, known := range d.keys[s.start:] {
			if EqualName(known, key) {
				return true
			}
		}
		d.keys = append(d.keys, key)
		return false
	}
	if s.names == nil {
		s.names = make(map[string]struct{}, 2*fewKeys)
		for _, known := range d.keys[s.start:] {
			s.names[LowerName(known)] = struct{}{}
		}
	}
	name := LowerName(key)
	_, dup := s.names[name]
	s.names[name] = struct{}{}
	return dup
}
