use super::*;

#[test]
fn every_dialect_can_be_read_and_has_a_name_of_its_own() {
    for (name, text) in FILES.iter().chain(&[("plain", PLAIN)]) {
        if let Err(error) = text.parse::<Dialect>() {
            panic!("{name}: {error}");
        }
    }
    assert_eq!(KNOWN.len(), FILES.len());
    let mut names: Vec<_> = KNOWN.iter().map(|dialect| dialect.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FILES.len());
    assert!(Dialect::plain().is_some());
}

#[test]
fn every_file_of_the_folder_is_listed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/dialects");
    let mut there: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    there.sort();
    let mut listed: Vec<_> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
    listed.push("plain".to_owned());
    listed.sort();
    assert_eq!(there, listed);
}

#[test]
fn a_map_that_is_wrong_says_where() {
    let wrong = |text: &str| text.parse::<Dialect>().unwrap_err().to_string();
    assert!(
        wrong("[columns]\n\"Shoe\" = \"shoeSize\"\n").contains("column 'Shoe': column 'shoeSize' is none")
    );
    assert!(wrong("[columns]\n\"Last\" = \"updated\"\n").contains("'updated' follows from other fields"));
    assert!(wrong("columms = 1\n").contains("columms"));
    assert!(wrong("[constants]\nshoe = \"1\"\n").contains("constant 'shoe'"));
}

#[test]
fn a_number_in_the_name_of_a_column_is_the_place_in_a_list() {
    let dialect: Dialect = "[columns]\n\"City #\" = \"shippingAddresses[#].city\"\n".parse().unwrap();
    let Some(Meaning::Says(mapping)) = dialect.meaning("city 3") else { panic!("it is known") };
    assert_eq!(mapping.targets[0].to_string(), "shippingAddresses[2].city");
}

#[test]
fn a_column_is_known_by_our_name_in_any_writing() {
    for (column, name) in [
        ("firstName", None),
        ("Email", Some("email")),
        ("billing_person.city", Some("billingPerson.city")),
        ("Contacts[2].Type", Some("contacts[2].type")),
        ("extrafields[Shoe size]", Some("extrafields[Shoe size]")),
    ] {
        assert_eq!(own_fields(column).map(|field| field.to_string()).as_deref(), name, "{column}");
    }
}
