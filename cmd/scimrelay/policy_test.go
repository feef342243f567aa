package main

import (
	"reflect"
	"testing"

	"scimrelay/configs"
	"scimrelay/quarantine"
)

func TestAnEmptyFileRestsTargetsByTheUsualNumbers(t *testing.T) {
	t.Parallel()
	if got, want := policyOf(configs.Default().Quarantine), quarantine.Default(); !reflect.DeepEqual(got, want) {
		t.Errorf("policy %+v, want %+v", got, want)
	}
}
