//! Values drawn at random, in which case, marks, scripts and the signs of `LIKE` make a difference.

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use shopfolk_model::{
    AddressEntry, City, CompanyName, ContactType, CountryCode, CustomerChange, CustomerDetailsChange,
    CustomerKind, CustomerName, EmailAddress, FieldChange, GroupId, LanguageCode, Money, NewContact, OrderBy,
    PhoneDigits, PhoneNumber, PostalCode, SearchText, StateCode, Street, Timestamp, WhereaboutsChange,
};

use super::fixture::{at, of_type};

/// What texts are made of: several spellings of the same letters, scripts with and without case, what is folded to more than
/// one letter, digits of several scripts, and the signs that mean something in SQL.
const PIECES: [&str; 28] = [
    "Anna", "an", "BERT", "żółw", "Straße", "STRASSE", "ß", "İ", "ı", "i\u{307}", "é", "e\u{301}", "ΌΣΟΣ",
    "όσος", "ς", "王", "小明", "カ", "🙂", "o'neil", "%", "_", "\\", "a%b", "Berlin", "12", "١٢", "１２",
];

pub(super) fn any_of<T: Clone>(random: &mut StdRng, all: &[T]) -> T {
    all.choose(random).unwrap().clone()
}

pub(super) fn any_text(random: &mut StdRng) -> String {
    let separator = any_of(random, &["", " "]);
    let pieces: Vec<_> = (0..random.random_range(1..4)).map(|_| any_of(random, &PIECES)).collect();
    pieces.join(separator)
}

fn in_any_case(random: &mut StdRng, text: &str) -> String {
    match random.random_range(0..3) {
        0 => text.to_lowercase(),
        1 => text.to_uppercase(),
        _ => text.to_owned(),
    }
}

/// One to three characters out of a text, in any case.
pub(super) fn any_part(random: &mut StdRng) -> SearchText {
    loop {
        let text = any_text(random);
        let from = random.random_range(0..text.chars().count());
        let part: String = text.chars().skip(from).take(random.random_range(1..4)).collect();
        if let Some(part) = SearchText::optional(&in_any_case(random, &part)).unwrap() {
            return part;
        }
    }
}

/// A part of an e-mail address, or of any text.
pub(super) fn any_email_part(random: &mut StdRng) -> SearchText {
    if random.random_bool(0.5) {
        return any_part(random);
    }
    SearchText::optional(any_of(random, &["example1", "c1", "@", "EXAMPLE3.COM", "2@"])).unwrap().unwrap()
}

/// One of some hundreds of addresses, so that the same one comes again, in another case too.
pub(super) fn any_email(random: &mut StdRng) -> EmailAddress {
    let (name, number) = (any_text(random), random.random_range(0..30));
    let domain = format!("Example{}.com", number % 5);
    EmailAddress::new(&format!("{name}{number}@{domain}"))
        .unwrap_or_else(|_| EmailAddress::new(&format!("c{number}@{domain}")).unwrap())
}

/// This address in another case, or any other one; `None` is no address at all.
pub(super) fn email_like(random: &mut StdRng, email: &EmailAddress) -> Option<EmailAddress> {
    match random.random_range(0..10) {
        0 => None,
        1 => Some(any_email(random)),
        _ => EmailAddress::new(&in_any_case(random, email.as_str())).ok(),
    }
}

fn any_phone(random: &mut StdRng) -> String {
    format!("+49 ({}) {}", random.random_range(0..200), any_text(random))
}

pub(super) fn any_digits(random: &mut StdRng) -> PhoneDigits {
    PhoneDigits::optional(&random.random_range(0..150).to_string()).unwrap().unwrap()
}

pub(super) fn any_contact(random: &mut StdRng) -> NewContact {
    let contact_type = any_of(random, ContactType::ALL);
    let text = match contact_type {
        ContactType::Email => any_email(random).to_string(),
        _ if contact_type.has_number() => any_phone(random),
        ContactType::Other => any_text(random),
        _ => {
            format!("https://{}/{}", any_of(random, &["t.me", "www.facebook.com", "X.com"]), any_text(random))
        }
    };
    of_type(contact_type, &text)
}

pub(super) fn any_country(random: &mut StdRng) -> CountryCode {
    any_of(random, &["DE", "US", "PL"]).parse().unwrap()
}

pub(super) fn any_language(random: &mut StdRng) -> LanguageCode {
    any_of(random, &["en", "EN", "pt-BR", "PT-br"]).parse().unwrap()
}

/// A change that sets, clears or keeps each field that a search looks at, but for the e-mail address.
pub(super) fn any_change(random: &mut StdRng, groups: &[GroupId]) -> CustomerChange {
    CustomerChange {
        name: maybe_set(random, |random| CustomerName::new(&any_text(random)).unwrap()),
        details: CustomerDetailsChange {
            billing: any_whereabouts(random),
            tax_exempt: Some(random.random_bool(0.5)),
            kind: Some(any_of(random, &[CustomerKind::Business, CustomerKind::Consumer])),
            accept_marketing: maybe_set(random, |random| random.random_bool(0.5)),
            language: maybe_set(random, any_language),
            ..CustomerDetailsChange::default()
        },
        group: random.random_bool(0.3).then(|| any_of(random, groups)),
        addresses: random.random_bool(0.3).then(|| {
            let address = |random: &mut StdRng| AddressEntry {
                whereabouts: any_whereabouts(random),
                ..AddressEntry::default()
            };
            (0..random.random_range(0..3)).map(|_| address(random)).collect()
        }),
        ..CustomerChange::default()
    }
}

fn any_whereabouts(random: &mut StdRng) -> WhereaboutsChange {
    WhereaboutsChange {
        company_name: maybe_set(random, |random| CompanyName::new(&any_text(random)).unwrap()),
        street: maybe_set(random, |random| Street::new(&any_text(random)).unwrap()),
        city: maybe_set(random, |random| City::new(&any_text(random)).unwrap()),
        country: maybe_set(random, any_country),
        postal_code: maybe_set(random, |random| PostalCode::new(&any_text(random)).unwrap()),
        state: maybe_set(random, |random| StateCode::new(&any_text(random)).unwrap()),
        phone: maybe_set(random, |random| PhoneNumber::new(&any_phone(random)).unwrap()),
    }
}

fn maybe_set<T>(random: &mut StdRng, value: impl FnOnce(&mut StdRng) -> T) -> FieldChange<T> {
    match random.random_range(0..4) {
        0 | 1 => FieldChange::Set(value(random)),
        2 => FieldChange::Clear,
        _ => FieldChange::Keep,
    }
}

/// A text that no other number has: short or as long as can be, in letters that take one to four bytes.
pub(super) fn text_up_to<T>(
    random: &mut StdRng,
    number: i64,
    most: usize,
    new: impl Fn(&str) -> Result<T, shopfolk_model::TextError>,
) -> T {
    let mut text = number.to_string();
    if random.random_bool(0.5) {
        text.push_str(&any_text(random));
    } else {
        let letter = any_of(random, &["a", "é", "王", "🙂", "'", "\\", "%"]);
        text.push_str(&letter.repeat(most - text.len()));
    }
    new(&text).unwrap()
}

macro_rules! text {
    ($random:ident, $type:ident, $number:expr) => {
        text_up_to($random, $number, $type::MAXIMUM_LENGTH, $type::new)
    };
}
pub(super) use text;

pub(super) fn time(random: &mut StdRng) -> Timestamp {
    let any = at(random.random_range(0..Timestamp::MAXIMUM.unix_seconds()));
    any_of(random, &[at(0), Timestamp::MAXIMUM, any])
}

pub(super) fn money(random: &mut StdRng) -> Money {
    Money::from_units(any_of(random, &[i64::MIN, -1, 0, i64::MAX]))
}

pub(super) fn place(random: &mut StdRng) -> OrderBy {
    any_of(random, &[OrderBy::FIRST, OrderBy::new(7).unwrap(), OrderBy::MAXIMUM])
}

pub(super) fn maybe<T>(random: &mut StdRng, make: impl FnOnce(&mut StdRng) -> T) -> Option<T> {
    random.random_bool(0.7).then(|| make(random))
}

/// An id for each number: small ones, and the largest that can be.
pub(super) fn id<I>(number: i64, largest: i64, new: fn(i64) -> Result<I, shopfolk_model::IdError>) -> I {
    new(if number == 0 { largest - 1 } else { number }).unwrap()
}

pub(super) fn email(random: &mut StdRng, number: i64) -> EmailAddress {
    let local = any_of(random, &["Anna", "żółw", "o'neil", "a+b"]);
    EmailAddress::new(&format!("{local}{number}@Example.com")).unwrap()
}
