//! Customers to and from files, and customers made up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::needless_pass_by_value, reason = "a test has its program for itself")]

mod harness;

use std::fs;

use serde_json::Value;

use harness::{Outcome, Program, customer_lines};

on_each_engine! {
    customers_go_to_a_file_and_into_another_store_as_they_were,
    a_table_brings_customers_to_another_store_as_they_were,
    bad_lines_are_told_beside_and_the_rest_is_imported,
    bad_rows_are_told_beside_and_a_wrong_header_changes_nothing,
    customers_are_written_as_vcards,
    a_seed_makes_the_same_customers_once,
}

fn stores(program: &Program) {
    for id in ["1", "2"] {
        program.run(&["store", "create", "--id", id, "--name", "A shop"]).succeeded();
    }
}

fn export(program: &Program, store: &str) -> String {
    program.run(&["export", "--store", store, "-"]).succeeded().stdout
}

/// The lines without what another store gives itself.
fn without_ids(exported: &str) -> Vec<Value> {
    let customer = |line: &str| {
        let mut customer: Value = serde_json::from_str(line).unwrap();
        for list in ["contacts", "shippingAddresses"] {
            for item in customer[list].as_array_mut().unwrap() {
                item["id"] = Value::Null;
            }
        }
        customer["updated"] = Value::Null;
        customer
    };
    customer_lines(exported).map(customer).collect()
}

fn customers_go_to_a_file_and_into_another_store_as_they_were(program: Program) {
    stores(&program);
    program.run(&["generate", "--store", "1", "--customers", "300", "--seed", "5"]).succeeded();
    let file = program.directory().join("customers.ndjson");
    let name = file.to_str().unwrap();
    program.run(&["export", "--store", "1", name]).succeeded();
    let exported = fs::read_to_string(&file).unwrap();
    assert_eq!((customer_lines(&exported).count(), export(&program, "1")), (300, exported.clone()));
    let refused = program.run(&["export", "--store", "1", name]).failed(1);
    assert!(refused.contains("is not there yet"), "{refused}");

    let said = program.run(&["import", "--store", "2", name]).succeeded().stderr;
    assert!(said.contains("300 customers created, 0 changed, 0 as they were"), "{said}");
    let there = export(&program, "2");
    assert_eq!(without_ids(&there), without_ids(&exported));
    // What the other store gave comes back to it as it is.
    let again = program.directory().join("again.ndjson");
    fs::write(&again, &there).unwrap();
    let said = program.run(&["import", "--store", "2", again.to_str().unwrap()]).succeeded().stderr;
    assert!(said.contains("0 customers created, 0 changed, 300 as they were"), "{said}");
    assert_eq!(export(&program, "2"), there);
    assert!(!program.directory().join("again.ndjson.rejected.ndjson").exists());
    program.run(&["check"]).succeeded();
}

fn a_table_brings_customers_to_another_store_as_they_were(program: Program) {
    stores(&program);
    program.run(&["generate", "--store", "1", "--customers", "120", "--seed", "5"]).succeeded();
    let of_note = r#"{"email": "note@example.com", "name": "Quote \" Comma, Line\nBreak", "acceptMarketing": false,
        "shippingAddresses": [{"street": "1 A St\n2nd floor", "note": "ring; twice"}], "externalReferenceId": "x-1",
        "contacts": [{"type": "URL", "contact": "https://example.com/?a=\"b\",c", "note": "=1+1", "orderBy": 4}]}"#;
    import(&program, "1", &[], of_note.replace('\n', "").as_bytes());
    let file = program.directory().join("customers.csv");
    let name = file.to_str().unwrap();
    program.run(&["export", "--store", "1", name]).succeeded();
    let table = fs::read_to_string(&file).unwrap();
    let (header, rows) = table.split_once("\r\n").unwrap();
    assert!(
        header.starts_with("id,email,name,") && header.contains(",shippingAddresses[0].city,"),
        "{header}"
    );
    assert!(rows.contains("\"Quote \"\" Comma, Line\nBreak\""), "{rows}");
    let to_stdout = program.run(&["export", "--store", "1", "--format", "csv", "-"]).succeeded().stdout;
    assert_eq!(to_stdout, table);

    let said = program.run(&["import", "--store", "2", name]).succeeded().stderr;
    assert!(said.contains("121 customers created, 0 changed, 0 as they were"), "{said}");
    assert_eq!(without_ids(&export(&program, "2")), without_ids(&export(&program, "1")));
    let said = program.run(&["import", "--store", "1", name]).succeeded().stderr;
    assert!(said.contains("0 customers created, 0 changed, 121 as they were"), "{said}");
    program.run(&["check"]).succeeded();
}

fn bad_rows_are_told_beside_and_a_wrong_header_changes_nothing(program: Program) {
    stores(&program);
    let rejected = program.directory().join("rejected.csv");
    let options = ["--format", "csv", "--rejected", rejected.to_str().unwrap()];
    let said = import(
        &program,
        "1",
        &options,
        b"email,name,contacts[0].type,contacts[0].contact\n\
          a@example.com,Anna,PHONE,+1\n\
          b@example.com,\"Berta,PHONE,+1\n\
          c@example.com,\"Clara\",PHONE,+1\n\
          d@example.com,M\xFCller,PHONE,+1\n\
          e@example.com,Emma,FAX,+1\n\
          f@example.com,Frida\n\
          g@example.com,Greta,,,more\n",
    );
    assert_eq!(said.status, 3, "{said:?}");
    assert!(
        said.stderr.contains("5 customers created") && said.stderr.contains("2 lines rejected"),
        "{said:?}"
    );
    assert!(said.stderr.contains("Left out: contacts[0].type, 1 times, first in line 6"), "{said:?}");
    let told = fs::read_to_string(&rejected).unwrap();
    let told: Vec<_> = told.lines().collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[1].ends_with(",3,\"in line 4, character 16: a quoted cell ends here, and more follows\""),
        "{told:?}"
    );
    assert!(told[2].ends_with(",8,\"the row has 5 cells, and the header 4 columns\""), "{told:?}");
    assert!(export(&program, "1").contains("Müller"));

    for (header, reason) in [
        ("id,email,shoe\n1,x@example.com,1\n", "'shoe' is unknown"),
        ("email,email\nx@example.com,X\n", "there are two columns 'email'"),
        ("name\nX\n", "no column says how to reach a customer"),
        ("email,\"name\nx@example.com,X\n", "never closed"),
        ("", "has no rows"),
    ] {
        let refused = import(&program, "1", &options, header.as_bytes());
        assert!(refused.status == 1 && refused.stderr.contains(reason), "{refused:?}");
    }
    assert_eq!(customer_lines(&export(&program, "1")).count(), 5);
}

fn customers_are_written_as_vcards(program: Program) {
    stores(&program);
    let customer = r#"{"id": 7, "email": "jane@example.com", "name": "Jane van Doe", "lang": "en",
        "billingPerson": {"companyName": "Doe; Sons, Ltd", "street": "1 A St\nFloor 2", "city": "New York",
            "countryCode": "US", "stateOrProvinceCode": "NY", "postalCode": "10001", "phone": "+1 555 0100"},
        "shippingAddresses": [{"city": "Rome", "countryCode": "IT"}],
        "contacts": [{"type": "EMAIL", "contact": "jane@example.com", "default": true},
            {"type": "PHONE", "contact": "+1 555 0101", "note": "after noon"},
            {"type": "FACEBOOK", "contact": "https://www.facebook.com/jane", "handle": "the \"Olsen\" tea^2"},
            {"type": "TELEGRAM", "contact": "@jane"}, {"type": "OTHER", "contact": "by pigeon, \u00e4h"}]}"#;
    import(&program, "1", &[], customer.replace('\n', "").as_bytes());
    import(&program, "1", &[], br#"{"id": 8, "email": "nobody@example.com"}"#);
    assert_eq!(
        cards(&program, "customers.vcf", &[]),
        "BEGIN:VCARD|VERSION:4.0|UID;VALUE=text:KEY-1|FN:Jane van Doe|N:van Doe;Jane;;;|ORG:Doe\\; Sons\\, Ltd|\
        EMAIL;PREF=1:jane@example.com|TEL:+1 555 0100|contact1.TEL:+1 555 0101|contact1.NOTE:after noon|\
        SOCIALPROFILE;SERVICE-TYPE=Facebook;USERNAME=\"the ^'Olsen^' tea^^2\":https://www.facebook.com/jane|\
        SOCIALPROFILE;SERVICE-TYPE=Telegram;VALUE=text:@jane|X-OTHER:by pigeon\\, \u{e4}h|\
        ADR;TYPE=billing:;;1 A St\\nFloor 2;New York;New York;10001;United States|\
        ADR;TYPE=delivery;PREF=1:;;;Rome;;;Italy|LANG:en|END:VCARD|\
        BEGIN:VCARD|VERSION:4.0|UID;VALUE=text:KEY-2|FN:nobody@example.com|EMAIL;PREF=1:nobody@example.com|END:VCARD"
    );
    assert_eq!(
        cards(&program, "old.vcf", &["--vcard", "3.0"]),
        "BEGIN:VCARD|VERSION:3.0|UID:KEY-1|FN:Jane van Doe|N:van Doe;Jane;;;|ORG:Doe\\; Sons\\, Ltd|\
        EMAIL;TYPE=INTERNET;TYPE=PREF:jane@example.com|TEL;TYPE=VOICE:+1 555 0100|\
        contact1.TEL;TYPE=VOICE:+1 555 0101|contact1.NOTE:after noon|\
        X-SOCIALPROFILE;TYPE=Facebook;X-USER=\"the ^'Olsen^' tea^^2\":https://www.facebook.com/jane|\
        IMPP;X-SERVICE-TYPE=Telegram:x-apple:%40jane|X-OTHER:by pigeon\\, \u{e4}h|\
        ADR;TYPE=POSTAL:;;1 A St\\nFloor 2;New York;New York;10001;United States|\
        ADR;TYPE=PARCEL;TYPE=PREF:;;;Rome;;;Italy|END:VCARD|\
        BEGIN:VCARD|VERSION:3.0|UID:KEY-2|FN:nobody@example.com|N:;;;;|\
        EMAIL;TYPE=INTERNET;TYPE=PREF:nobody@example.com|END:VCARD"
    );
}

/// The lines of the cards of a store, unfolded, without their dates and the key of the store.
fn cards(program: &Program, file: &str, options: &[&str]) -> String {
    program.run(&[&["export", "--store", "1"], options, &[file]].concat()).succeeded();
    let cards = fs::read_to_string(program.directory().join(file)).unwrap();
    assert!(cards.split("\r\n").all(|line| line.len() <= 75), "{cards}");
    let unfolded = cards.replace("\r\n ", "");
    let (key, _) = unfolded.split_once("UID").unwrap().1.split_once(':').unwrap().1.split_once('-').unwrap();
    assert_eq!((key.len(), unfolded.matches("REV:2").count()), (20, 2), "{unfolded}");
    let lines = unfolded.split_terminator("\r\n").filter(|line| !line.starts_with("REV:2"));
    lines.collect::<Vec<_>>().join("|").replace(key, "KEY")
}

/// What an import from stdin comes to.
fn import(program: &Program, store: &str, options: &[&str], text: &[u8]) -> Outcome {
    program.run_with_input(&[&["import", "--store", store], options, &["-"]].concat(), text)
}

fn bad_lines_are_told_beside_and_the_rest_is_imported(program: Program) {
    stores(&program);
    let rejected = program.directory().join("rejected.ndjson");
    let lines = b"{\"email\": \"a@example.com\", \"customerGroupId\": 0}\n\
        {\"name\": \"nobody\"}\n\
        {\"email\": \"\xFC@example.com\"}\n\
        {\"email\": \"c@example.com\", \"contacts\": [{\"type\": \"FAX\", \"contact\": \"1\"}]}\n\
        {\"email\": \"d@example.com\"}\n\
        {\"email\": \"torn@exam";
    let ended = import(&program, "1", &["--rejected", rejected.to_str().unwrap()], lines);
    let said = &ended.stderr;
    assert_eq!(ended.status, 3, "{said}");
    assert!(said.contains("3 customers created") && said.contains("3 lines rejected"), "{said}");
    assert!(said.contains("Left out: contacts[0].type, 1 times, first in line 4"), "{said}");
    let told = fs::read_to_string(&rejected).unwrap();
    let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (object, (line, reason)) in told.iter().zip([
        (2, "nothing says how to reach"),
        (3, "Malformed JSON at column 12: the text is not UTF-8"),
        (6, "Malformed JSON at column"),
    ]) {
        let told = &object["rejected"];
        let is_told = told["reasons"][0]["reason"].as_str().unwrap().starts_with(reason);
        assert!(told["line"] == line && is_told, "{told}, not {reason}");
    }
    assert_eq!((told.len(), customer_lines(&export(&program, "1")).count()), (3, 3));

    let missing = program.run(&["import", "--store", "1", "nowhere.ndjson"]).failed(1);
    assert!(missing.contains("cannot read 'nowhere.ndjson'"), "{missing}");
    let nowhere = program.run(&["import", "--store", "77", "nowhere.ndjson"]).failed(1);
    assert!(nowhere.contains("Store #77 not found"), "{nowhere}");
}

fn a_seed_makes_the_same_customers_once(program: Program) {
    stores(&program);
    let generate = |store, seed| -> Outcome {
        program.run(&["generate", "--store", store, "--customers", "40", "--seed", seed]).succeeded()
    };
    assert!(generate("1", "5").stderr.contains("Added 40 customers to store 1; 0 were there already"));
    assert!(generate("1", "5").stderr.contains("Added 0 customers to store 1; 40 were there already"));
    generate("2", "5");
    let emails = |exported: &str| -> Vec<Value> {
        let email = |line| serde_json::from_str::<Value>(line).unwrap()["email"].clone();
        customer_lines(exported).map(email).collect()
    };
    assert_eq!(emails(&export(&program, "1")), emails(&export(&program, "2")));
    generate("1", "6");
    assert_eq!(customer_lines(&export(&program, "1")).count(), 80);
    let nowhere = program.run(&["generate", "--store", "77", "--customers", "1"]).failed(1);
    assert!(nowhere.contains("Store #77 not found"), "{nowhere}");
}
