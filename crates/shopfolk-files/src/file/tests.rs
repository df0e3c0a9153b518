use std::fs;
use std::path::PathBuf;

use shopfolk_operations::ImportedCustomer;

use super::*;
use crate::read::Problem;

fn sample(name: &str) -> Vec<u8> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "samples", name].iter().collect();
    fs::read(path).unwrap()
}

fn open(text: &[u8], options: FileOptions) -> Result<CustomerFile, FileError> {
    CustomerFile::open(Source::new(io::Cursor::new(text.to_vec()), None).unwrap(), options)
}

fn customers(mut file: CustomerFile) -> Vec<(ImportedCustomer, Vec<Problem>)> {
    let (mut text, mut read) = (Vec::new(), Vec::new());
    while let Some(item) = file.customers.next(&mut text).unwrap() {
        let (line, said) = item.into_customer();
        let filed = said.unwrap_or_else(|problems| panic!("line {line}: {problems:?}"));
        read.push((filed.customer, filed.left_out));
    }
    read
}

/// What is known of each sample: its dialect, how many customers it has, and what of it is left out.
const SAMPLES: [(&str, Option<&str>, usize, &[&str]); 14] = [
    ("bigcommerce", Some("BigCommerce"), 2, &[]),
    ("brevo", Some("Brevo"), 2, &[]),
    ("ecwid", Some("Ecwid"), 2, &[]),
    ("google", Some("Google Contacts"), 2, &[]),
    ("hubspot", Some("HubSpot"), 3, &[]),
    ("magento", Some("Magento"), 2, &[]),
    ("mailchimp", Some("Mailchimp"), 2, &[]),
    ("outlook", Some("Outlook"), 2, &[]),
    ("prestashop", Some("PrestaShop"), 2, &[]),
    ("shopfolk", None, 2, &[]),
    ("shopify", Some("Shopify"), 3, &[]),
    ("square", Some("Square"), 2, &[]),
    ("thunderbird", Some("Thunderbird"), 2, &[]),
    ("woocommerce", Some("WooCommerce"), 2, &[]),
];

#[test]
fn every_dialect_is_recognised_by_its_columns_and_taken_whole() {
    for (name, dialect, count, left_out) in SAMPLES {
        let file = open(&sample(&format!("{name}.csv")), FileOptions::default()).unwrap();
        assert_eq!(file.plan.dialect.as_deref(), dialect, "{name}");
        assert_eq!(file.plan.unknown().collect::<Vec<_>>(), Vec::<&str>::new(), "{name}");
        let read = customers(file);
        let told: Vec<_> = read
            .iter()
            .flat_map(|(_, left_out)| left_out)
            .map(|problem| problem.field.clone().unwrap())
            .collect();
        assert_eq!(
            (read.len(), told),
            (count, left_out.iter().map(|&field| field.to_owned()).collect()),
            "{name}"
        );
        let first = &read[0].0;
        assert_eq!(first.email.as_ref().unwrap().as_str(), "nora@shop.example", "{name}");
        assert!(
            matches!(&first.name, shopfolk_model::FieldChange::Set(name) if name.as_str() == "Nora Lind"),
            "{name}: {first:?}"
        );
    }
}

#[test]
fn every_dialect_has_a_sample() {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "dialects"].iter().collect();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(name == "plain" || SAMPLES.iter().any(|(sample, ..)| *sample == name), "{name}");
    }
}

#[test]
fn a_map_comes_first_and_a_first_one_says_what_is_known() {
    let text = b"E-Mail,Loyalty points,Town\nmira@shop.example,5,Bergen\n";
    let file = open(text, FileOptions::default()).unwrap();
    assert_eq!(file.plan.unknown().collect::<Vec<_>>(), ["Loyalty points"]);
    let first = first_map(Source::new(&text[..], None).unwrap(), &FileOptions::default()).unwrap();
    assert!(first.contains("\"E-Mail\" = \"email\"\n"), "{first}");
    assert!(first.contains("# \"Loyalty points\" = \"extrafields[Loyalty points]\"\n"), "{first}");
    let map = first.replace("# \"Loyalty", "\"Loyalty").parse().unwrap();
    let read = customers(open(text, FileOptions { map: Some(map), ..FileOptions::default() }).unwrap());
    assert_eq!(read[0].0.extra_fields.len(), 1, "{read:?}");
}

#[test]
fn unknown_columns_and_fields_may_be_left_out_by_name_or_all() {
    let ignored = |names: &[&str], unknown| Ignored {
        names: names.iter().map(|&name| name.to_owned()).collect(),
        unknown,
    };
    for (text, name) in [
        (&b"email,Loyalty points\na@example.com,5\n"[..], "loyalty points"),
        (b"{\"email\": \"a@example.com\", \"loyalty points\": 5}\n", "loyalty points"),
    ] {
        let unknown = |ignored| {
            let file = open(text, FileOptions { ignored, ..FileOptions::default() }).unwrap();
            file.plan.unknown().count()
        };
        assert_eq!(
            (unknown(ignored(&[], false)), unknown(ignored(&[name], false)), unknown(ignored(&[], true))),
            (1, 0, 0)
        );
    }
}

#[test]
fn letters_are_told_by_the_text_or_by_the_caller() {
    let text = b"email;name\r\njoerg@shop.example;J\xF6rg\r\n";
    let file = open(text, FileOptions::default()).unwrap();
    assert_eq!((file.plan.encoding.name(), file.plan.delimiter), ("windows-1252", Some(';')));
    let name = |customer: &ImportedCustomer| match &customer.name {
        shopfolk_model::FieldChange::Set(name) => name.to_string(),
        _ => String::new(),
    };
    assert_eq!(name(&customers(file)[0].0), "Jörg");
    let encoding = "iso-8859-2".parse().ok();
    let file =
        open(b"email,name\na@shop.example,\xA3ucja\n", FileOptions { encoding, ..FileOptions::default() })
            .unwrap();
    assert_eq!(name(&customers(file)[0].0), "Łucja");
    let utf_16: Vec<u8> =
        "\u{feff}email,name\na@shop.example,Jörg\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(name(&customers(open(&utf_16, FileOptions::default()).unwrap())[0].0), "Jörg");
}

#[test]
fn what_is_no_file_with_customers_is_said_in_one_line() {
    for (text, said) in [
        (&b"%PDF-1.4"[..], "a PDF"),
        (b"name\nX\n", "no column says how to reach"),
        (b"id,email,id\n", "two columns 'id'"),
        (b"", "empty"),
        (b",,\n\n", "no rows"),
    ] {
        let error = open(text, FileOptions::default()).err().unwrap().to_string();
        assert!(error.contains(said) && !error.contains('\n'), "{error}");
    }
}
