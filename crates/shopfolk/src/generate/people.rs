//! People made up: names in several scripts, contacts of every type, addresses.

use fake::Fake;
use fake::faker::address::raw::{BuildingNumber, CityName, StreetName, ZipCode};
use fake::faker::company::raw::CompanyName as FakeCompany;
use fake::faker::name::raw::{FirstName, LastName};
use fake::locales::{AR_SA, DE_DE, EN, FR_FR, IT_IT, JA_JP, PT_BR, TR_TR, ZH_CN};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use shopfolk_model::{
    AddressEntry, City, CompanyName, ContactAddress, ContactText, ContactType, CustomerDetails, CustomerKind,
    CustomerName, EmailAddress, FieldChange, NewContact, NewCustomer, PhoneNumber, PostalCode, Street,
    Whereabouts, WhereaboutsChange,
};

/// People without an end; the same seed makes the same ones.
pub(super) struct People {
    random: StdRng,
    seed: u64,
    number: u64,
}

/// Where somebody is from.
#[derive(Debug, Clone, Copy)]
enum Origin {
    America,
    Germany,
    France,
    Italy,
    Brazil,
    Turkey,
    China,
    Japan,
    Arabia,
}

/// How often each occurs, in the order of how often.
const ORIGINS: [(Origin, u32); 9] = [
    (Origin::America, 40),
    (Origin::Germany, 12),
    (Origin::France, 10),
    (Origin::Italy, 8),
    (Origin::Brazil, 8),
    (Origin::China, 8),
    (Origin::Japan, 6),
    (Origin::Turkey, 4),
    (Origin::Arabia, 4),
];

macro_rules! in_locale {
    ($origin:expr, $faker:ident, $random:expr) => {
        match $origin {
            Origin::America => $faker(EN).fake_with_rng::<String, _>($random),
            Origin::Germany => $faker(DE_DE).fake_with_rng::<String, _>($random),
            Origin::France => $faker(FR_FR).fake_with_rng::<String, _>($random),
            Origin::Italy => $faker(IT_IT).fake_with_rng::<String, _>($random),
            Origin::Brazil => $faker(PT_BR).fake_with_rng::<String, _>($random),
            Origin::Turkey => $faker(TR_TR).fake_with_rng::<String, _>($random),
            Origin::China => $faker(ZH_CN).fake_with_rng::<String, _>($random),
            Origin::Japan => $faker(JA_JP).fake_with_rng::<String, _>($random),
            Origin::Arabia => $faker(AR_SA).fake_with_rng::<String, _>($random),
        }
    };
}

impl Origin {
    fn any(random: &mut StdRng) -> Self {
        let mut drawn = random.random_range(0..ORIGINS.iter().map(|(_, weight)| weight).sum());
        for (origin, weight) in ORIGINS {
            if drawn < weight {
                return origin;
            }
            drawn -= weight;
        }
        Self::America
    }

    const fn country(self) -> &'static str {
        match self {
            Self::America => "US",
            Self::Germany => "DE",
            Self::France => "FR",
            Self::Italy => "IT",
            Self::Brazil => "BR",
            Self::Turkey => "TR",
            Self::China => "CN",
            Self::Japan => "JP",
            Self::Arabia => "SA",
        }
    }

    const fn language(self) -> &'static str {
        match self {
            Self::America => "en",
            Self::Germany => "de",
            Self::France => "fr",
            Self::Italy => "it",
            Self::Brazil => "pt-BR",
            Self::Turkey => "tr",
            Self::China => "zh",
            Self::Japan => "ja",
            Self::Arabia => "ar",
        }
    }

    const fn calling_code(self) -> u32 {
        match self {
            Self::America => 1,
            Self::Germany => 49,
            Self::France => 33,
            Self::Italy => 39,
            Self::Brazil => 55,
            Self::Turkey => 90,
            Self::China => 86,
            Self::Japan => 81,
            Self::Arabia => 966,
        }
    }

    fn name(self, random: &mut StdRng) -> String {
        let (first, last) = (in_locale!(self, FirstName, random), in_locale!(self, LastName, random));
        match self {
            Self::China | Self::Japan => format!("{last}{first}"),
            _ => format!("{first} {last}"),
        }
    }
}

impl People {
    /// The people of this seed, from the first.
    pub(super) fn new(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), seed, number: 0 }
    }

    fn phone(&mut self, origin: Origin) -> String {
        let code = origin.calling_code();
        let (area, number) = (self.random.random_range(20..999), self.random.random_range(0..10_000_000));
        match self.random.random_range(0..3) {
            0 => format!("+{code} {area} {number:07}"),
            1 => format!("+{code}{area}{number:07}"),
            _ => format!("({area}) {:03}-{:04}", number / 10_000, number % 10_000),
        }
    }

    fn contact(&mut self, origin: Origin, slug: &str, number: u32) -> Option<NewContact> {
        let contact_type = *ContactType::ALL.choose(&mut self.random)?;
        let text = match contact_type {
            ContactType::Email => format!("{slug}.{number}@{}", self.mail_host()),
            ContactType::Phone | ContactType::WhatsApp | ContactType::Viber => self.phone(origin),
            ContactType::Facebook => format!("https://www.facebook.com/{slug}.{number}"),
            ContactType::Instagram => format!("https://www.instagram.com/{slug}{number}/"),
            ContactType::Twitter => format!("https://x.com/{slug}{number}"),
            ContactType::YouTube => format!("https://www.youtube.com/@{slug}{number}"),
            ContactType::TikTok => format!("https://www.tiktok.com/@{slug}{number}"),
            ContactType::Pinterest => format!("https://www.pinterest.com/{slug}{number}/"),
            ContactType::Vk => format!("https://vk.com/{slug}{number}"),
            ContactType::FacebookMessenger => format!("https://m.me/{slug}.{number}"),
            ContactType::Telegram => format!("https://t.me/{slug}{number}"),
            ContactType::Url => format!("https://{slug}{number}.example.com/"),
            ContactType::Other => format!("{slug} on board {number}"),
        };
        contact(contact_type, &text)
    }

    fn mail_host(&mut self) -> &'static str {
        const HOSTS: [&str; 5] =
            ["mail.example.com", "post.example.org", "example.net", "shop.example.com", "inbox.example.org"];
        HOSTS[self.random.random_range(0..HOSTS.len())]
    }

    fn place(&mut self, origin: Origin) -> Whereabouts {
        let random = &mut self.random;
        let street = format!(
            "{} {}",
            in_locale!(origin, BuildingNumber, random),
            in_locale!(origin, StreetName, random)
        );
        let company = random.random_bool(0.2).then(|| in_locale!(origin, FakeCompany, random));
        let (city, zip) = (in_locale!(origin, CityName, random), in_locale!(origin, ZipCode, random));
        let phone = random.random_bool(0.5).then(|| self.phone(origin));
        Whereabouts {
            company_name: company.and_then(|text| CompanyName::optional(&text).ok().flatten()),
            street: Street::optional(&street).ok().flatten(),
            city: City::optional(&city).ok().flatten(),
            country: origin.country().parse().ok(),
            postal_code: PostalCode::optional(&zip).ok().flatten(),
            state: None,
            phone: phone.and_then(|text| PhoneNumber::optional(&text).ok().flatten()),
        }
    }

    fn details(&mut self, origin: Origin) -> CustomerDetails {
        let billing = if self.random.random_bool(0.5) { self.place(origin) } else { Whereabouts::default() };
        let random = &mut self.random;
        CustomerDetails {
            billing,
            tax_exempt: random.random_bool(0.03),
            kind: if random.random_bool(0.1) { CustomerKind::Business } else { CustomerKind::Consumer },
            accept_marketing: random.random_bool(0.7).then(|| random.random_bool(0.6)),
            language: random.random_bool(0.8).then(|| origin.language().parse().ok()).flatten(),
            ..CustomerDetails::default()
        }
    }

    fn address(&mut self, origin: Origin) -> AddressEntry {
        fn set<T>(value: Option<T>) -> FieldChange<T> {
            value.map_or(FieldChange::Keep, FieldChange::Set)
        }
        let Whereabouts { company_name, street, city, country, postal_code, state, phone } =
            self.place(origin);
        let whereabouts = WhereaboutsChange {
            company_name: set(company_name),
            street: set(street),
            city: set(city),
            country: set(country),
            postal_code: set(postal_code),
            state: set(state),
            phone: set(phone),
        };
        AddressEntry { whereabouts, ..AddressEntry::default() }
    }
}

fn contact(contact_type: ContactType, text: &str) -> Option<NewContact> {
    ContactAddress::new(contact_type, ContactText::new(text).ok()?).ok().map(NewContact::of)
}

impl Iterator for People {
    type Item = NewCustomer;

    fn next(&mut self) -> Option<NewCustomer> {
        self.number += 1;
        let origin = Origin::any(&mut self.random);
        let name = origin.name(&mut self.random);
        let ascii: String = name.chars().filter(char::is_ascii_alphabetic).collect();
        let slug = if ascii.len() < 3 {
            format!("{}{}", origin.language(), self.number)
        } else {
            ascii.to_lowercase()
        };
        let host = self.mail_host();
        let email = format!("{slug}.{}-{}@{host}", self.seed, self.number);
        // Letters, digits and a host that is right: always an address.
        let email = EmailAddress::new(&email).ok()?;
        let contacts =
            (1..self.random.random_range(1..=12)).filter_map(|number| self.contact(origin, &slug, number));
        let contacts: Vec<_> = contacts.collect();
        let addresses = self.random.random_range(0..=2);
        Some(NewCustomer {
            name: CustomerName::optional(&name).ok().flatten(),
            details: self.details(origin),
            addresses: (0..addresses).map(|_| self.address(origin)).collect(),
            contacts,
            ..NewCustomer::of(email)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_people() {
        let people = |seed| People::new(seed).take(300).collect::<Vec<_>>();
        assert_eq!(people(1), people(1));
        assert_ne!(people(1), people(2));
    }

    #[test]
    fn people_differ_in_email_script_and_number_of_contacts() {
        let people: Vec<_> = People::new(5).take(2_000).collect();
        let emails: HashSet<_> =
            people.iter().filter_map(|person| Some(person.email.as_ref()?.key())).collect();
        assert_eq!(emails.len(), 2_000);
        let names = people.iter().filter_map(|person| person.name.as_ref());
        assert!(names.clone().any(|name| name.as_str().is_ascii()));
        assert!(names.clone().filter(|name| !name.as_str().is_ascii()).count() > 200);
        let counts: HashSet<_> = people.iter().map(|person| person.contacts.len()).collect();
        assert!(counts.len() > 8 && people.iter().all(|person| person.contacts.len() <= 11));
    }
}
