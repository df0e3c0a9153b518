//! Files as they come from elsewhere: what the command makes of each, once and once more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::needless_pass_by_value, reason = "a test has its program for itself")]

mod harness;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use harness::{Outcome, Program};

on_each_engine! {
    files_as_they_come_are_taken_and_the_same_again_changes_nothing,
    nothing_is_imported_where_a_column_is_unknown,
    an_unknown_field_far_behind_the_beginning_is_left_out_and_told_with_its_lines,
    rejected_rows_can_be_mended_and_imported_again,
    a_dry_run_tells_the_same_and_writes_nothing,
    a_map_says_what_columns_are_taken_for,
}

/// What is wanted of a file.
struct Wanted {
    file: &'static str,
    options: &'static [&'static str],
    status: i32,
    created: u64,
    changed: u64,
    unchanged: u64,
    rejected: u64,
    /// What is said of it.
    said: &'static [&'static str],
    /// What is in the export then.
    there: &'static [&'static str],
}

const TAKEN: Wanted = Wanted {
    file: "",
    options: &[],
    status: 0,
    created: 0,
    changed: 0,
    unchanged: 0,
    rejected: 0,
    said: &[],
    there: &[],
};

const FILES: &[Wanted] = &[
    Wanted {
        file: "01-shopify-export.csv",
        created: 3,
        said: &[
            "as Shopify writes it",
            "Total Spent: left behind",
            "Customer ID -> externalReferenceId",
            "Without an e-mail address: 1",
        ],
        there: &[
            "Harbour 4\\nFlat 2",
            "+4755500101",
            "\"externalReferenceId\":\"9000000000003\"",
            "retail, tea",
            "\"acceptMarketing\":true",
        ],
        ..TAKEN
    },
    Wanted {
        file: "03-prestashop.csv",
        created: 2,
        said: &["semicolons", "PrestaShop", "Default group ID: left behind"],
        there: &["\"customerGroupName\":\"Tea club\"", "1987-04-02", "2015-01-10"],
        ..TAKEN
    },
    Wanted {
        file: "05-excel-semicolon-windows-1252.csv",
        created: 3,
        said: &["windows-1252"],
        there: &["Jörg Müßig", "Málaga"],
        ..TAKEN
    },
    Wanted { file: "07-excel-sep-line.csv", created: 3, said: &["semicolons"], there: &["Köln"], ..TAKEN },
    Wanted { file: "09-mac-line-ends.csv", created: 2, there: &["Mira", "Tom"], ..TAKEN },
    Wanted {
        file: "11-outlook.csv",
        created: 2,
        said: &["Outlook"],
        there: &[
            "Harbour 4\\nBack door",
            "mira.olsen@mail.example",
            "first line\\nsecond line",
            "+385 1 555 0102",
        ],
        ..TAKEN
    },
    Wanted {
        file: "13-hubspot.csv",
        created: 3,
        unchanged: 1,
        said: &["HubSpot", "Lead Status: left behind"],
        there: &["2024-03-15 14:30:00 +0000", "2024-03-12 09:14:00 +0000"],
        ..TAKEN
    },
    Wanted {
        file: "15-magento.csv",
        created: 1,
        said: &["Magento"],
        there: &["\"city\":\"Oslo\"", "Harbour 4\\nBack door"],
        ..TAKEN
    },
    Wanted {
        file: "17-phone-only.csv",
        created: 4,
        said: &["Without an e-mail address: 3"],
        there: &["\"email\":\"\""],
        ..TAKEN
    },
    Wanted {
        file: "19-countries.csv",
        created: 4,
        there: &[
            "\"countryCode\":\"NO\"",
            "\"countryCode\":\"US\"",
            "\"countryCode\":\"GB\"",
            "\"countryCode\":\"ES\"",
        ],
        ..TAKEN
    },
    Wanted {
        file: "21-notes.csv",
        created: 3,
        said: &["privateAdminNotes, 1 times, first in line 5", "it has 10000"],
        there: &["first line\\nsecond line", "soft\\nbreak"],
        ..TAKEN
    },
    Wanted {
        file: "23-same-email-two-references.csv",
        status: 3,
        created: 1,
        rejected: 2,
        there: &["\"name\":\"Mira\""],
        ..TAKEN
    },
    Wanted { file: "25-twice.ndjson", created: 3, there: &["tom.ruiz@mail.example"], ..TAKEN },
    Wanted { file: "27-other-store/1-mine.ndjson", created: 2, ..TAKEN },
    Wanted {
        file: "27-other-store/2-theirs.ndjson",
        created: 2,
        there: &["\"name\":\"Kai\"", "\"name\":\"Mira\""],
        ..TAKEN
    },
    Wanted {
        file: "29-api-page.json",
        created: 2,
        said: &["a page of customers"],
        there: &["mira@shop.example"],
        ..TAKEN
    },
    Wanted { file: "31-array.json", created: 2, said: &["JSON"], ..TAKEN },
    Wanted { file: "33-highest-id.csv", created: 3, ..TAKEN },
    Wanted {
        file: "35-one-unknown-column.csv",
        options: &["--ignore", "Loyalty points"],
        created: 2,
        said: &["Loyalty points: left out, as asked"],
        ..TAKEN
    },
    Wanted {
        file: "37-title-and-blank-first-column.csv",
        created: 2,
        said: &["column 1: left out, it has no name"],
        ..TAKEN
    },
    Wanted {
        file: "39-two-problems.csv",
        created: 1,
        said: &["registered, 1 times, first in line 2", "--dates dmy"],
        there: &["\"acceptMarketing\":true", "\"taxExempt\":false", "\"countryCode\":\"NO\""],
        ..TAKEN
    },
    Wanted {
        file: "41-google.vcf",
        created: 1,
        said: &["vCards"],
        there: &[
            "https://www.facebook.com/olsen.tea",
            "\"customerGroupName\":\"Tea club\"",
            "Calls after 3 pm,\\nnever on Mondays",
        ],
        ..TAKEN
    },
    Wanted {
        file: "43-vcard4.vcf",
        created: 1,
        there: &["+33-555-0101", "INSTAGRAM", "Rue du Thé 1"],
        ..TAKEN
    },
    Wanted { file: "45-export-handle.ndjson", created: 2, there: &["the \\\"Olsen\\\" tea"], ..TAKEN },
    Wanted { file: "47-reference-of-one-email-of-another/1-first.csv", created: 2, ..TAKEN },
    Wanted {
        file: "47-reference-of-one-email-of-another/2-then.csv",
        status: 3,
        rejected: 1,
        there: &["\"name\":\"Mira\"", "\"externalReferenceId\":\"R1\""],
        ..TAKEN
    },
];

fn path(file: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../tests/files", file].iter().collect();
    path.to_str().unwrap().to_owned()
}

/// Makes the store anew and copies the file beside it, so that reports go there.
fn copied(program: &Program, file: &str) -> String {
    let copy = program.directory().join(file.replace('/', "-"));
    fs::copy(path(file), &copy).unwrap();
    copy.to_str().unwrap().to_owned()
}

fn create_store(program: &Program, store: &str) {
    program.run(&["store", "create", "--id", store, "--name", "A shop"]).succeeded();
}

fn import(program: &Program, store: &str, options: &[&str], file: &str) -> Outcome {
    program.run(&[&["import", "--store", store], options, &[file]].concat())
}

fn export(program: &Program, store: &str) -> String {
    program.run(&["export", "--store", store, "-"]).succeeded().stdout
}

fn told(created: u64, changed: u64, unchanged: u64) -> String {
    format!("{created} customers created, {changed} changed, {unchanged} as they were")
}

fn files_as_they_come_are_taken_and_the_same_again_changes_nothing(program: Program) {
    let mut failures = Vec::new();
    let mut store = 0;
    let mut folder = "";
    for wanted in FILES {
        // The files of a folder go into one store, one after the other.
        let of = wanted.file.split_once('/').map_or(wanted.file, |(folder, _)| folder);
        if of != folder {
            (folder, store) = (of, store + 1);
            create_store(&program, &store.to_string());
        }
        let (id, file) = (store.to_string(), copied(&program, wanted.file));
        let said = import(&program, &id, wanted.options, &file);
        let mut expect = |what: &str, holds: bool| {
            if !holds {
                failures.push(format!("{}: {what}: {said:?}", wanted.file));
            }
        };
        expect("status", said.status == wanted.status);
        expect("counts", said.stderr.contains(&told(wanted.created, wanted.changed, wanted.unchanged)));
        let rejected = format!("{} lines rejected", wanted.rejected);
        expect("rejected", said.stderr.contains(&rejected) == (wanted.rejected > 0));
        for text in wanted.said {
            expect(text, said.stderr.contains(text));
        }
        let there = export(&program, &id);
        for text in wanted.there {
            expect(text, there.contains(text));
        }
        let again = import(&program, &id, wanted.options, &file);
        let all = wanted.created + wanted.changed + wanted.unchanged;
        if !again.stderr.contains(&told(0, 0, all)) {
            failures.push(format!("{} again: {again:?}", wanted.file));
        }
        if export(&program, &id) != there {
            failures.push(format!("{} again: the export is another", wanted.file));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    program.run(&["check"]).succeeded();
}

fn nothing_is_imported_where_a_column_is_unknown(program: Program) {
    create_store(&program, "7");
    let file = copied(&program, "35-one-unknown-column.csv");
    let said = import(&program, "7", &[], &file);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(
        said.stderr.contains("'Loyalty points' is unknown") && said.stderr.contains("--ignore"),
        "{said:?}"
    );
    let objects = b"{\"email\": \"a@shop.example\"}\n{\"email\": \"b@shop.example\", \"shoe\": 5}\n";
    let said = program.run_with_input(&["import", "--store", "7", "-"], objects);
    assert!(said.status == 1 && said.stderr.contains("'shoe' is unknown"), "{said:?}");
    assert_eq!(export(&program, "7").lines().filter(|line| line.contains("@shop.example")).count(), 0);
    let said = import(&program, "7", &["--ignore-unknown"], &file).succeeded();
    assert!(said.stderr.contains(&told(2, 0, 0)), "{said:?}");
    for (input, reason) in [
        (&b"%PDF-1.4"[..], "this is a PDF document"),
        (b"PK\x03\x04", ".xlsx"),
        (b"<!DOCTYPE html><p>", "HTML"),
        (b"", "the file is empty"),
        (b"name\nX\n", "no column says how to reach a customer"),
        (b"email,\"name\nx@example.com,X\n", "never closed"),
    ] {
        let said = program.run_with_input(&["import", "--store", "7", "-"], input);
        assert!(said.status == 1 && said.stderr.contains(reason), "{said:?}");
        assert_eq!(said.stderr.lines().count(), 1, "{said:?}");
    }
}

fn an_unknown_field_far_behind_the_beginning_is_left_out_and_told_with_its_lines(program: Program) {
    create_store(&program, "7");
    let note = "n".repeat(4_500);
    let line = |number: u64, more: &str| {
        format!("{{\"email\":\"a{number}@shop.example\",\"privateAdminNotes\":\"{note}\"{more}}}\n")
    };
    let more = |number| if number > 980 { ",\"shoe\":5" } else { "" };
    let text: String = (1..=1_000).map(|number| line(number, more(number))).collect();
    // The plan is made of the first 4 MiB.
    assert!(text.find("shoe").unwrap() > 4 << 20);
    let said = program.run_with_input(&["import", "--store", "7", "-"], text.as_bytes()).succeeded();
    let shoe = "Left out: shoe, 20 times, first in line 981: no customer has such a field";
    assert!(said.stderr.contains(shoe) && said.stderr.contains(&told(1_000, 0, 0)), "{said:?}");
    let said = program
        .run_with_input(&["import", "--store", "7", "--ignore", "shoe", "-"], text.as_bytes())
        .succeeded();
    assert!(!said.stderr.contains("Left out") && said.stderr.contains(&told(0, 0, 1_000)), "{said:?}");
    let said = program.run_with_input(&["import", "--store", "7", "--strict", "-"], text.as_bytes());
    assert!(said.status == 3 && said.stderr.contains("20 lines rejected"), "{said:?}");
}

fn rejected_rows_can_be_mended_and_imported_again(program: Program) {
    create_store(&program, "7");
    let file = program.directory().join("people.csv");
    let name = file.to_str().unwrap().to_owned();
    fs::write(
        &file,
        "email,name,taxExempt,billingPerson.countryCode\n\
         a@shop.example,Anna,no,NO\n\
         ,\"Berta, B\",no,NO\n\
         c@shop.example,Clara,perhaps,Nowhere\n\
         d@shop.example,\"Dora,no,NO\n\
         e@shop.example,Emma,yes,UK\n",
    )
    .unwrap();
    let said = import(&program, "7", &["--strict"], &name);
    assert_eq!(said.status, 3, "{said:?}");
    assert!(said.stderr.contains(&told(2, 0, 0)) && said.stderr.contains("3 lines rejected"), "{said:?}");
    let report = format!("{name}.rejected.csv");
    let rejected = fs::read_to_string(&report).unwrap();
    let lines: Vec<_> = rejected.lines().collect();
    assert_eq!(lines[0], "email,name,taxExempt,billingPerson.countryCode,rejected line,rejected because");
    assert!(lines[1].starts_with(",\"Berta, B\",no,NO,3,"), "{rejected}");
    assert!(lines[2].starts_with("c@shop.example,Clara,perhaps,Nowhere,4,"), "{rejected}");
    assert!(
        lines[2].contains("taxExempt: ") && lines[2].contains("billingPerson.countryCode: "),
        "{rejected}"
    );
    assert!(lines[3].contains("Dora,no,NO") && lines[3].contains(",5,"), "{rejected}");
    // It is no report of itself.
    let same = import(&program, "7", &["--rejected", &report], &report);
    assert!(same.status == 1 && same.stderr.contains("is the file that is imported"), "{same:?}");
    assert_eq!(fs::read_to_string(&report).unwrap(), rejected);

    let mended = rejected
        .replace(",\"Berta, B\"", "b@shop.example,\"Berta, B\"")
        .replace("perhaps,Nowhere", "yes,Norway");
    let mended: Vec<_> = mended.lines().filter(|line| !line.contains("Dora")).collect();
    fs::write(&report, mended.join("\n")).unwrap();
    let said = import(&program, "7", &["--strict"], &report).succeeded();
    assert!(said.stderr.contains(&told(2, 0, 0)), "{said:?}");
    assert!(!fs::exists(format!("{report}.rejected.csv")).unwrap());
    // A clean run takes the report of the one before away.
    fs::write(&file, "email\na@shop.example\n").unwrap();
    import(&program, "7", &[], &name).succeeded();
    assert!(!fs::exists(&report).unwrap());

    let objects = program.directory().join("people.ndjson");
    fs::write(&objects, "{\"email\": \"f@shop.example\"}\n{\"name\": \"Gina\"}\n{\"email\": \"h\n").unwrap();
    let said = import(&program, "7", &[], objects.to_str().unwrap());
    assert_eq!(said.status, 3, "{said:?}");
    let rejected = fs::read_to_string(format!("{}.rejected.ndjson", objects.display())).unwrap();
    let rejected: Vec<Value> = rejected.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&rejected[0]["name"], &rejected[0]["rejected"]["line"]), (&"Gina".into(), &2.into()));
    assert_eq!(
        (&rejected[1]["rejected"]["line"], &rejected[1]["rejected"]["text"]),
        (&3.into(), &"{\"email\": \"h".into())
    );
}

fn a_dry_run_tells_the_same_and_writes_nothing(program: Program) {
    create_store(&program, "7");
    let file = copied(&program, "01-shopify-export.csv");
    let before = export(&program, "7");
    let said = import(&program, "7", &["--dry-run"], &file).succeeded();
    assert!(said.stderr.contains(&format!("Would import: {}", told(3, 0, 0))), "{said:?}");
    assert_eq!(export(&program, "7"), before);
    assert!(import(&program, "7", &[], &file).succeeded().stderr.contains(&told(3, 0, 0)));
    let said = import(&program, "7", &["--dry-run"], &file).succeeded();
    assert!(said.stderr.contains(&told(0, 0, 3)), "{said:?}");
}

fn a_map_says_what_columns_are_taken_for(program: Program) {
    create_store(&program, "7");
    let file = program.directory().join("members.csv");
    let name = file.to_str().unwrap().to_owned();
    fs::write(
        &file,
        "Mitglied;Post;Schuh;Seit\nMira Olsen;mira@shop.example / mira@mail.example;38;3.4.2024\n",
    )
    .unwrap();
    let first = program.bare().args(["import", "--write-map", &name]).output().unwrap();
    assert!(first.status.success(), "{first:?}");
    let first = String::from_utf8(first.stdout).unwrap();
    assert!(first.contains("[columns]") && first.contains("# \"Schuh\""), "{first}");
    let map = program.directory().join("members.toml");
    fs::write(
        &map,
        "dates = \"dmy\"\nleft-behind = [\"Schuh\"]\n[columns]\n\"Mitglied\" = \"name\"\n\
         \"Post\" = { to = \"email\", split = [\"/\"] }\n\"Seit\" = \"registered\"\n[constants]\nlang = \"no\"\n",
    )
    .unwrap();
    let said = import(&program, "7", &["--map", map.to_str().unwrap()], &name).succeeded();
    assert!(said.stderr.contains(&told(1, 0, 0)) && said.stderr.contains("Schuh: left behind"), "{said:?}");
    let there = export(&program, "7");
    for text in ["mira@mail.example", "2024-04-03 00:00:00", "\"lang\":\"no\"", "\"name\":\"Mira Olsen\""] {
        assert!(there.contains(text), "{text}: {there}");
    }
}
