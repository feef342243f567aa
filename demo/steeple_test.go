package demo

import "testing"

func TestSteepleWantsWhatItCanHold(t *testing.T) {
	t.Parallel()
	v := steeple()
	sukarno := Person{Mail: "Sukarno@acme.example", Given: "Sukarno", Mobile: "+33 6 12 34 00 05", Number: "E-04035", Department: "Direction générale"}
	want := v.Want(sukarno, nil)
	if v.Key(sukarno) != sukarno.Mail || want["last_name"] != "Sukarno" || want["phone"] != sukarno.Mobile || want["email"] != "sukarno@acme.example" {
		t.Error(want)
	}
	if _, asked := want["department"]; asked {
		t.Error("a department that Steeple does not have is asked for")
	}
	have := v.Have(Account{Native: object{"email": "SUKARNO@acme.example", "first_name": "Sukarno", "last_name": "Sukarno",
		"registration_number": "E-04035", "phone": "+33 6 12 34 00 05", "department": nil}}, nil)
	for name := range want {
		if want[name] != have[name] {
			t.Errorf("%s: %q, want %q", name, have[name], want[name])
		}
	}
}
