//! What the packed blocks hold of each customer: texts to look through and numbers to compare.

use std::borrow::Cow;

use shopfolk_model::{ContactType, CountryCode, CustomerKind, SearchedCustomer, SortField, Timestamp};

use super::links;

/// Ends each text of a block.
pub(super) const END: u8 = 0;
/// Ends each of several parts of one text. No text that is kept or looked for contains it or [`END`].
pub(super) const PART_END: u8 = 1;
/// A contact in a text begins with this plus the code of its type: control characters, tab and newline not among them.
const FIRST_TYPE: u8 = 0x0D;

/// A text of each customer. The numbers are in databases and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum TextField {
    Name = 0,
    Email = 1,
    Phones = 2,
    Contacts = 3,
    Cities = 4,
    PostalCodes = 5,
    States = 6,
    CompanyNames = 7,
    Countries = 8,
    Language = 9,
}

impl TextField {
    pub(super) const ALL: [Self; 10] = [
        Self::Name,
        Self::Email,
        Self::Phones,
        Self::Contacts,
        Self::Cities,
        Self::PostalCodes,
        Self::States,
        Self::CompanyNames,
        Self::Countries,
        Self::Language,
    ];

    /// What it holds of a customer.
    pub(super) fn text(self, customer: &SearchedCustomer) -> Cow<'_, [u8]> {
        match self {
            Self::Name => customer.name.as_bytes().into(),
            Self::Email => customer.email.as_bytes().into(),
            Self::Language => customer.language.as_bytes().into(),
            Self::Phones => parts(&customer.phones),
            Self::Cities => parts(&customer.cities),
            Self::PostalCodes => parts(&customer.postal_codes),
            Self::States => parts(&customer.states),
            Self::CompanyNames => parts(&customer.company_names),
            Self::Countries => parts(&customer.countries.iter().map(CountryCode::as_str).collect::<Vec<_>>())
                .into_owned()
                .into(),
            Self::Contacts => contacts(customer).into(),
        }
    }
}

fn parts<'a>(texts: &[impl AsRef<str>]) -> Cow<'a, [u8]> {
    let mut joined = Vec::with_capacity(texts.iter().map(|text| text.as_ref().len() + 1).sum());
    for text in texts {
        joined.extend_from_slice(text.as_ref().as_bytes());
        joined.push(PART_END);
    }
    joined.into()
}

fn contacts(customer: &SearchedCustomer) -> Vec<u8> {
    let mut joined = Vec::with_capacity(customer.contacts.iter().map(|(_, text)| text.len() + 2).sum());
    for (contact_type, text) in &customer.contacts {
        joined.push(type_mark(*contact_type));
        links::pack(text, &mut joined);
        joined.push(PART_END);
    }
    joined
}

/// What a contact of this type begins with.
fn type_mark(contact_type: ContactType) -> u8 {
    FIRST_TYPE + contact_type.code()
}

/// The type of a contact that begins with this.
pub(super) fn marked_type(mark: u8) -> Option<ContactType> {
    mark.checked_sub(FIRST_TYPE).and_then(ContactType::from_code)
}

/// A number of each customer. The numbers are in databases and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Column {
    CustomerId = 32,
    /// Contacts with ids from this on are not in the block yet.
    NextContactId = 33,
    Registered = 34,
    Updated = 35,
    Group = 36,
    Flags = 37,
    ContactTypes = 38,
    OrderCount = 39,
    SalesValue = 40,
    FirstOrder = 41,
    LastOrder = 42,
}

impl Column {
    pub(super) const ALL: [Self; 11] = [
        Self::CustomerId,
        Self::NextContactId,
        Self::Registered,
        Self::Updated,
        Self::Group,
        Self::Flags,
        Self::ContactTypes,
        Self::OrderCount,
        Self::SalesValue,
        Self::FirstOrder,
        Self::LastOrder,
    ];

    /// What it holds of a customer; `next_contact_id` is the store's at this moment.
    pub(super) fn number(self, customer: &SearchedCustomer, next_contact_id: i64) -> i64 {
        match self {
            Self::CustomerId => customer.id.get(),
            Self::NextContactId => next_contact_id,
            Self::Registered => customer.registered.unix_seconds(),
            Self::Updated => customer.updated.unix_seconds(),
            Self::Group => customer.group.get(),
            Self::Flags => flags(customer),
            Self::ContactTypes => i64::from(customer.contact_types().bits()),
            Self::OrderCount => i64::try_from(customer.orders.orders).unwrap_or(i64::MAX),
            Self::SalesValue => customer.orders.sales.units(),
            Self::FirstOrder => customer.orders.first.map_or(MISSING, Timestamp::unix_seconds),
            Self::LastOrder => customer.orders.last.map_or(MISSING, Timestamp::unix_seconds),
        }
    }
}

/// Stands for a number that a customer does not have.
pub(super) const MISSING: i64 = i64::MIN;

/// Set in the flags of customers that pay no tax.
pub(super) const TAX_EXEMPT: i64 = 1;
/// Set in the flags of customers that buy for a business.
pub(super) const BUSINESS: i64 = 1 << 1;
/// Set in the flags of customers that agreed to marketing.
pub(super) const MARKETING: i64 = 1 << 2;
/// Set in the flags of customers that refused marketing.
pub(super) const NO_MARKETING: i64 = 1 << 3;

fn flags(customer: &SearchedCustomer) -> i64 {
    let when = |condition: bool, flag: i64| if condition { flag } else { 0 };
    when(customer.tax_exempt, TAX_EXEMPT)
        | when(customer.kind == CustomerKind::Business, BUSINESS)
        | when(customer.accept_marketing == Some(true), MARKETING)
        | when(customer.accept_marketing == Some(false), NO_MARKETING)
}

/// Where the blocks have what customers are sorted by.
pub(super) enum SortSource {
    Text(TextField),
    Number(Column),
}

/// Where the blocks have what customers are sorted by.
pub(super) const fn sort_source(field: SortField) -> SortSource {
    match field {
        SortField::Name => SortSource::Text(TextField::Name),
        SortField::Email => SortSource::Text(TextField::Email),
        SortField::Registered => SortSource::Number(Column::Registered),
        SortField::Updated => SortSource::Number(Column::Updated),
        SortField::OrderCount => SortSource::Number(Column::OrderCount),
        SortField::SalesValue => SortSource::Number(Column::SalesValue),
        SortField::FirstOrder => SortSource::Number(Column::FirstOrder),
        SortField::LastOrder => SortSource::Number(Column::LastOrder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_mark_of_its_own_that_no_text_has() {
        for &contact_type in ContactType::ALL {
            let mark = type_mark(contact_type);
            assert_eq!(marked_type(mark), Some(contact_type));
            assert!(mark < 0x20 && ![END, PART_END, b'\t', b'\n'].contains(&mark), "{contact_type}");
        }
        assert_eq!(marked_type(b'a'), None);
    }
}
