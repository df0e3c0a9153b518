use shopfolk_model::{AddressEntry, FieldChange, NewContact};
use shopfolk_operations::ImportedCustomer;

use super::*;
use crate::plan::Ignored;
use crate::read::item::Filed;
use crate::read::record::LineEnd;
use crate::values::DateOrder;

fn open(text: &[u8], rules: ReadRules) -> Rows<&'static [u8]> {
    let text: &'static [u8] = text.to_vec().leak();
    let header = Header::read(text, LineEnd::of(text), None).unwrap();
    let plan =
        TablePlan::of_header(&header.names, None, &Ignored { unknown: true, ..Ignored::default() }).unwrap();
    Rows::new(header, Arc::new(plan), rules)
}

fn read_all(text: &[u8], rules: ReadRules) -> Vec<(u64, Result<Filed, Vec<Problem>>)> {
    let (mut rows, mut texts, mut read) = (open(text, rules), Vec::new(), Vec::new());
    while let Some(item) = rows.next(&mut texts).unwrap() {
        read.push(item.into_customer());
    }
    read
}

fn customers(text: &str) -> Vec<(ImportedCustomer, Vec<String>)> {
    read_all(text.as_bytes(), ReadRules::default())
        .into_iter()
        .map(|(line, said)| {
            let filed = said.unwrap_or_else(|problems| panic!("line {line}: {problems:?}"));
            (filed.customer, filed.left_out.iter().map(ToString::to_string).collect())
        })
        .collect()
}

fn contacts(customer: &ImportedCustomer) -> Vec<String> {
    let shown = |contact: &NewContact| {
        format!("{} {}", contact.address.contact_type().name(), contact.address.contact().as_str())
    };
    customer.contacts.iter().flatten().map(shown).collect()
}

#[test]
fn rows_are_customers_or_told_with_their_line() {
    let read = read_all(
        b"\xEF\xBB\xBFemail,name,contacts[0].type,contacts[0].contact\r\na@example.com,\"A\nB\",,\r\n\r\n,,,\r\n\
          b@example.com,B\r\nc@example.com,M\xFCller,,\r\nd@example.com,D,FAX,1\r\n\
          e@example.com,E,,,,\r\nf@example.com,F,,,x\r\ng@example.com,\"G,PHONE,1",
        ReadRules::default(),
    );
    let lines: Vec<_> = read.iter().map(|(line, said)| (*line, said.is_ok())).collect();
    assert_eq!(lines, [(2, true), (6, true), (7, false), (8, true), (9, true), (10, false), (11, false)]);
    let reason = |place: usize| match &read[place].1 {
        Ok(filed) => filed.left_out[0].to_string(),
        Err(problems) => problems[0].to_string(),
    };
    assert!(reason(2).starts_with("name: the text is not UTF-8"), "{}", reason(2));
    assert!(reason(3).contains("Wrong value 'FAX' of parameter 'contacts[0].type'"), "{}", reason(3));
    assert_eq!(reason(5), "the row has 5 cells, and the header 4 columns");
    assert_eq!(reason(6), "a quoted cell that begins in this line is never closed");
}

#[test]
fn strict_rejects_a_row_of_which_something_does_not_fit() {
    let rules = ReadRules { strict: true, ..ReadRules::default() };
    let text =
        b"email,taxExempt,billingPerson.countryCode\na@example.com,perhaps,Nowhere\nb@example.com,x,UK\n";
    let read = read_all(text, rules);
    let problems = read[0].1.as_ref().unwrap_err();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(read[1].1.is_ok());
}

#[test]
fn who_has_only_a_telephone_is_reached_by_it() {
    let read = customers("email,name,billingPerson.phone\n,Ivo,+385 1 555 0102\n-,Bo,'+46 555 0104\n");
    let reached: Vec<_> = read.iter().map(|(customer, _)| contacts(customer)).collect();
    assert_eq!(reached, [["PHONE +385 1 555 0102"], ["PHONE +46 555 0104"]]);
    let nobody = read_all(b"email,name\n,Ana\n", ReadRules::default());
    assert!(nobody[0].1.as_ref().unwrap_err()[0].reason.contains("how to reach"));
}

#[test]
fn several_addresses_in_a_cell_are_the_own_one_and_contacts() {
    let read = customers("email\n\"Mira <mira@shop.example>; mira.olsen@mail.example\"\n");
    assert_eq!(read[0].0.email.as_ref().unwrap().as_str(), "mira@shop.example");
    assert_eq!(contacts(&read[0].0), ["EMAIL mira.olsen@mail.example"]);
}

#[test]
fn what_cannot_be_told_is_left_out_with_its_column() {
    let read = customers("email,Registered on,Country\na@example.com,12.03.2024,Norwayy\n");
    assert_eq!(read[0].1.len(), 2, "{read:?}");
    assert!(read[0].1[0].starts_with("Registered on: '12.03.2024' can be read"), "{read:?}");
    assert!(read[0].1[1].starts_with("Country: Wrong value 'Norwayy'"), "{read:?}");
    let rules = ReadRules { dates: Some(DateOrder::Dmy), ..ReadRules::default() };
    let read = read_all(b"email,registered\na@example.com,12.03.2024\n", rules);
    let registered = read[0].1.as_ref().unwrap().customer.registered.unwrap();
    assert_eq!(registered.to_string(), "2024-03-12 00:00:00 +0000");
}

#[test]
fn a_row_without_the_customer_has_an_address_more() {
    let read = customers(
        "email,_website,firstname,lastname,_address_city,_address_street\n\
         mira@shop.example,base,Mira,Olsen,Bergen,\"Harbour 4\nBack door\"\n,,,,Oslo,Square 1\ntom@shop.example,base,Tom,Ruiz,Reno,\n",
    );
    assert_eq!(read.len(), 2);
    let cities = |customer: &ImportedCustomer| -> Vec<String> {
        let city = |address: &AddressEntry| match &address.whereabouts.city {
            FieldChange::Set(city) => city.as_str().to_owned(),
            _ => String::new(),
        };
        customer.addresses.iter().flatten().map(city).collect()
    };
    assert_eq!(cities(&read[0].0), ["Bergen", "Oslo"]);
    assert_eq!(cities(&read[1].0), ["Reno"]);
    assert!(matches!(&read[0].0.details.billing.city, FieldChange::Set(city) if city.as_str() == "Bergen"));
    assert_eq!(read[0].1, Vec::<String>::new());
}

#[test]
fn titles_of_extra_fields_are_told_apart_by_spaces_and_punctuation_too() {
    let read = customers(
        "email,extrafields[A-B],extrafields[A B],extrafields[a]b],extrafields[[x]]\na@example.com,1,2,3,4\n",
    );
    let [(customer, left_out)] = &read[..] else { panic!("{read:?}") };
    let titles: Vec<_> =
        customer.extra_fields.iter().map(|field| field.title.as_ref().unwrap().as_str()).collect();
    assert_eq!((titles, left_out.len()), (vec!["A-B", "A B", "a]b", "[x]"], 0));
    for twice in ["extrafields[A B],extrafields[a b]", "name,Name"] {
        let header: Vec<_> = ["email"].into_iter().chain(twice.split(',')).map(str::to_owned).collect();
        let plan = TablePlan::of_header(&header, None, &Ignored::default());
        assert!(matches!(plan, Err(crate::plan::HeaderError::Twice { .. })), "{twice}: {plan:?}");
    }
}
