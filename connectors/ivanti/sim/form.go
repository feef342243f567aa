package sim

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// formIn reads a form body, of a DELETE too. A form in the address does not count.
func formIn(r *http.Request) (url.Values, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return nil, refusal{status: http.StatusUnsupportedMediaType, global: "content type not supported"}
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, badly("the form cannot be read")
	}
	return form, nil
}

// indexed takes a form of keys such as accounts[0].uid apart: one set of fields for each index,
// which count from 0 without a gap.
func indexed(form url.Values, list string) ([]map[string]string, error) {
	pattern := regexp.MustCompile(`^` + list + `\[(\d+)\]\.(\w+)$`)
	all := map[int]map[string]string{}
	for key, values := range form {
		match := pattern.FindStringSubmatch(key)
		if match == nil || len(values) != 1 {
			return nil, bad("Unknown", "no such field", key)
		}
		i, err := strconv.Atoi(match[1])
		if err != nil {
			return nil, bad("Unknown", "no such field", key)
		}
		if all[i] == nil {
			all[i] = map[string]string{}
		}
		all[i][match[2]] = values[0]
	}
	var sets []map[string]string
	for i := range len(all) {
		if all[i] == nil {
			return nil, badly("the indexes have a gap")
		}
		sets = append(sets, all[i])
	}
	if len(sets) == 0 {
		return nil, badly("nothing was sent")
	}
	return sets, nil
}

// ids reads ids out of one field of a form or an address, repeated or with commas.
func ids(values []string) (list []int64, err error) {
	for _, value := range values {
		for text := range strings.SplitSeq(value, ",") {
			id, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, badly("want ids")
			}
			if !slices.Contains(list, id) {
				list = append(list, id)
			}
		}
	}
	if len(list) == 0 {
		return nil, badly("want ids")
	}
	return list, nil
}

func isEmail(text string) bool {
	at := strings.LastIndexByte(text, '@')
	return at > 0 && at < len(text)-1 && !strings.ContainsAny(text, " \t")
}
