use shopfolk_model::{FieldChange, NewContact};
use shopfolk_operations::ImportedCustomer;

use super::*;

fn cards(text: &str, rules: ReadRules) -> Vec<(u64, Result<Filed, Vec<Problem>>)> {
    let mut cards = Cards::new(io::Cursor::new(text.to_owned().into_bytes()), rules);
    let (mut texts, mut read) = (Vec::new(), Vec::new());
    while let Some(item) = cards.next(&mut texts).unwrap() {
        read.push(item.into_customer());
    }
    read
}

fn one(lines: &[&str]) -> (ImportedCustomer, Vec<String>) {
    let text = format!("BEGIN:VCARD\r\n{}\r\nEND:VCARD\r\n", lines.join("\r\n"));
    let filed = cards(&text, ReadRules::default()).remove(0).1.unwrap();
    (filed.customer, filed.left_out.iter().map(ToString::to_string).collect())
}

fn contacts(customer: &ImportedCustomer) -> Vec<String> {
    let shown = |contact: &NewContact| {
        format!("{} {}", contact.address.contact_type().name(), contact.address.contact().as_str())
    };
    customer.contacts.iter().flatten().map(shown).collect()
}

fn name(customer: &ImportedCustomer) -> &str {
    match &customer.name {
        FieldChange::Set(name) => name.as_str(),
        _ => "",
    }
}

#[test]
fn a_card_of_an_address_book_is_read() {
    let (customer, left_out) = one(&[
        "VERSION:3.0",
        "FN:Mira Olsen",
        "N:Olsen;Mira;;;",
        "EMAIL;TYPE=INTERNET;TYPE=HOME:mira@shop.example",
        "EMAIL;TYPE=INTERNET;TYPE=WORK:mira.olsen@mail.example",
        "item1.TEL:+4755500101",
        "item1.X-ABLabel:Shop",
        "ADR;TYPE=HOME:;;Harbour 4;Bergen;Vestland;5003;Norway",
        "ORG:Olsen Tea",
        "item2.URL:https\\://www.facebook.com/olsen.tea",
        "NOTE:Calls after 3 pm\\,\\nnever on Mondays",
        "CATEGORIES:myContacts,Tea club",
    ]);
    assert_eq!((name(&customer), left_out), ("Mira Olsen", Vec::new()));
    assert_eq!(customer.email.as_ref().unwrap().as_str(), "mira@shop.example");
    assert_eq!(
        contacts(&customer),
        [
            "EMAIL mira@shop.example",
            "EMAIL mira.olsen@mail.example",
            "PHONE +4755500101",
            "URL https://www.facebook.com/olsen.tea"
        ]
    );
    let address = &customer.addresses.as_ref().unwrap()[0].whereabouts;
    assert_eq!(address.country, FieldChange::Set("NO".parse().unwrap()));
    assert!(
        matches!(&customer.details.admin_notes, FieldChange::Set(notes) if notes.as_str() == "Calls after 3 pm,\nnever on Mondays")
    );
    assert!(
        matches!(&customer.group, FieldChange::Set(group) if group.name.as_ref().unwrap().as_str() == "Tea club")
    );
}

#[test]
fn networks_messengers_and_preferences_are_read() {
    let (customer, _) = one(&[
        "VERSION:4.0",
        "FN:Léa Roy",
        "EMAIL:second@shop.example",
        "EMAIL;PREF=1:lea@shop.example",
        "TEL;VALUE=uri;TYPE=\"cell,voice\":tel:+33-555-0101",
        "SOCIALPROFILE;SERVICE-TYPE=Instagram;USERNAME=\"a^nb ^'c^' ^^\":https://www.instagram.com/lea.tea",
        "X-SOCIALPROFILE;TYPE=facebook:https://www.facebook.com/lea",
        "IMPP:whatsapp:+33555",
    ]);
    assert_eq!(customer.email.as_ref().unwrap().as_str(), "lea@shop.example");
    let read = contacts(&customer);
    assert!(read.contains(&"PHONE +33-555-0101".to_owned()), "{read:?}");
    assert!(read.contains(&"INSTAGRAM https://www.instagram.com/lea.tea".to_owned()), "{read:?}");
    assert!(read.contains(&"FACEBOOK https://www.facebook.com/lea".to_owned()), "{read:?}");
    assert!(read.contains(&"WHATSAPP +33555".to_owned()), "{read:?}");
    let handles = customer.contacts.iter().flatten().filter_map(|contact| contact.handle.as_ref());
    assert!(
        handles.clone().any(|handle| handle.as_str() == "a\nb \"c\" ^"),
        "{:?}",
        handles.collect::<Vec<_>>()
    );
}

#[test]
fn old_cards_are_read_and_what_has_no_place_is_told_or_kept() {
    let lines = [
        "VERSION:2.1",
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg",
        "TEL;CELL:+49 555",
        "ROLE:Buyer",
    ];
    let (customer, left_out) = one(&lines);
    assert_eq!((name(&customer), contacts(&customer)), ("Jörg Müller", vec!["PHONE +49 555".to_owned()]));
    assert_eq!(left_out.len(), 1, "{left_out:?}");
    assert!(left_out[0].starts_with("ROLE: 'Buyer' has no place"), "{left_out:?}");
    let text = format!("BEGIN:VCARD\n{}\nEND:VCARD\n", lines.join("\n"));
    let rules = ReadRules { keep_rest: true, ..ReadRules::default() };
    let kept = cards(&text, rules).remove(0).1.unwrap();
    assert!(
        matches!(&kept.customer.details.admin_notes, FieldChange::Set(notes) if notes.as_str() == "ROLE: Buyer")
    );
}

#[test]
fn several_cards_have_their_lines_and_a_broken_one_is_told() {
    let text = "\u{feff}BEGIN:VCARD\nVERSION:3.0\nFN:A\nTEL:1\nEND:VCARD\n\nBEGIN:VCARD\nFN:B\nTEL:2\nEND:VCARD\nBEGIN:VCARD\nFN:C\n";
    let read: Vec<_> =
        cards(text, ReadRules::default()).into_iter().map(|(line, said)| (line, said.is_ok())).collect();
    assert_eq!(read, [(1, true), (7, true), (11, false)]);
}

#[test]
fn a_card_of_ours_names_the_customers_own_address_first() {
    let lines = [
        "VERSION:3.0",
        "FN:Mira",
        "EMAIL;TYPE=INTERNET:mira@shop.example",
        "EMAIL;TYPE=PREF:other@shop.example",
    ];
    assert_eq!(one(&lines).0.email.unwrap().as_str(), "other@shop.example");
    let ours = [&lines[..], &["UID:a1b2c3d4e5f6a7b8c9d0-7"]].concat();
    assert_eq!(one(&ours).0.email.unwrap().as_str(), "mira@shop.example");
}

#[test]
fn what_is_no_link_stands_in_one_for_apple_and_postal_addresses_are_the_payers() {
    let (customer, left_out) = one(&[
        "VERSION:3.0",
        "FN:Mira",
        "IMPP;X-SERVICE-TYPE=Telegram:x-apple:%40mira%3A1",
        "ADR;TYPE=POSTAL:;;Harbour 4;Bergen;;;Norway",
        "ADR;TYPE=PARCEL:;;Quay 5;Oslo;;;Norway",
    ]);
    assert_eq!((contacts(&customer), left_out), (vec!["TELEGRAM @mira:1".to_owned()], Vec::new()));
    let city = &customer.details.billing.city;
    assert!(matches!(city, FieldChange::Set(city) if city.as_str() == "Bergen"), "{city:?}");
    assert_eq!(customer.addresses.map(|addresses| addresses.len()), Some(1));
}

#[test]
fn a_card_that_is_too_long_is_told_with_nothing_kept_and_the_next_is_read() {
    let line = format!("X-LONG:{}\r\n", "x".repeat(1 << 20));
    let long = line.repeat(LONGEST / line.len() + 1);
    for long in [&long, &format!("PHOTO:{}\r\n", "x".repeat(LONGEST + 1))] {
        let text = format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\n{long}END:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nFN:B\r\n\
             EMAIL:b@example.com\r\nEND:VCARD\r\n"
        );
        let mut cards = Cards::new(io::Cursor::new(text.into_bytes()), ReadRules::default());
        let mut texts = Vec::new();
        let (line, said) = cards.next(&mut texts).unwrap().unwrap().into_customer();
        assert_eq!((line, said.unwrap_err()[0].to_string().as_str()), (1, "the card is too long"));
        assert!(texts.is_empty() && texts.capacity() <= 3 * LONGEST);
        let (_, said) = cards.next(&mut texts).unwrap().unwrap().into_customer();
        assert_eq!(name(&said.unwrap().customer), "B");
    }
}

#[test]
fn what_is_left_out_is_told_shortly() {
    let (_, left_out) =
        one(&["VERSION:4.0", "EMAIL:a@example.com", &format!("X-SHOE:{}", "4".repeat(1_000))]);
    assert!(left_out[0].contains("444…") && left_out[0].len() < 200, "{left_out:?}");
}
