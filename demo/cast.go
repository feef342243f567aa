package demo

// role is a name as its owner writes it, and as it stands before the @.
type role struct {
	given, family, account string
}

// cast is the people whose names break software. Every company has all of them.
func cast() []role {
	return []role{
		{"Siobhán", "O'Brien", "siobhan.o'brien"},
		{"Inès", "Moreau", "ines.moreau"},
		{"Jean-Pierre", "Lefèvre-Dubois", "jean-pierre.lefevre-dubois"},
		{"Дмитрий", "Соколов", "dmitri.sokolov"},
		{"怡君", "陳", "yijun.chen"},
		{"Sukarno", "", "sukarno"},
		{"Ελένη", "Παπαδοπούλου", "eleni.papadopoulou"},
		{"Łukasz", "Żółć", "lukasz.zolc"},
		{"Giulia", "D’Angelo", "giulia.dangelo"},
		{"Jürgen", "Müller", "juergen.mueller+crm"},
		{"Thị Ánh", "Nguyễn", "anh.nguyen"},
		{"محمد", "الأحمد", "mohammed.alahmad"},
		{"Anne-Marie", "van der Berg", "anne-marie.vanderberg"},
		{"José María", "García-López", "josemaria.garcia-lopez"},
		{"Björk", "", "bjork"},
		{"Þórdís", "Ævarsdóttir", "thordis.aevarsdottir"},
		{"Seán", "O'Neil", "sean.o'neil+uk"},
		{"Çağla", "Işık", "cagla.isik"},
		{"太郎", "山田", "taro.yamada"},
		{"Zoë", "Smith-Jones", "Zoe.Smith-Jones"},
	}
}

// MinPeople is the size of the smallest company: one of each kind, and enough people for a story.
const MinPeople = 30

// spelled is a name and its plain letters.
type spelled struct{ name, plain string }

func givenNames() []spelled {
	return []spelled{
		{"Amélie", "amelie"}, {"Bruno", "bruno"}, {"Chloé", "chloe"}, {"Dagmar", "dagmar"}, {"Étienne", "etienne"},
		{"Fatima", "fatima"}, {"Gaël", "gael"}, {"Håkon", "hakon"}, {"Isabel", "isabel"}, {"Jörg", "joerg"},
		{"Karolína", "karolina"}, {"Léa", "lea"}, {"Mårten", "marten"}, {"Noémie", "noemie"}, {"Oisín", "oisin"},
		{"Paweł", "pawel"}, {"Quentin", "quentin"}, {"Raúl", "raul"}, {"Søren", "soren"},
	}
}

func familyNames() []spelled {
	return []spelled{
		{"Andersson", "andersson"}, {"Béranger", "beranger"}, {"Costa", "costa"}, {"Dvořák", "dvorak"}, {"Eriksen", "eriksen"},
		{"Fernández", "fernandez"}, {"Girard", "girard"}, {"Höfer", "hoefer"}, {"Ionescu", "ionescu"}, {"Jansen", "jansen"},
		{"Kovács", "kovacs"}, {"Le Goff", "legoff"}, {"Martin-Petit", "martin-petit"}, {"Núñez", "nunez"}, {"O'Connor", "o'connor"},
		{"Petrović", "petrovic"}, {"Rossi", "rossi"}, {"Sørensen", "sorensen"}, {"Türk", "tuerk"}, {"Urbańska", "urbanska"},
		{"Vasseur", "vasseur"}, {"Weiß", "weiss"}, {"Zieliński", "zielinski"},
	}
}

// named gives the i-th person's name: the cast first, then everybody else. The two lists have
// lengths without a common factor, so that a pair comes back after 437 people only.
func named(i int) role {
	if special := cast(); i < len(special) {
		return special[i]
	}
	given, family := givenNames(), familyNames()
	g, f := given[i%len(given)], family[i%len(family)]
	return role{g.name, f.name, g.plain + "." + f.plain}
}
