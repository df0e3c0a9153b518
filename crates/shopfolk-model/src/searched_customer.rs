//! What a search looks at of a customer, whether it finds it, and in which order.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::{
    AddressBook, Contact, ContactBook, ContactType, ContactTypeSet, CountryCode, Customer, CustomerId,
    CustomerKind, CustomerSearch, CustomerSort, EmailAddress, EmailFilter, GroupId, LanguageCode,
    OrderStatistics, PhoneDigits, ProductId, SearchText, SortField, Timestamp, Whereabouts, searched_key,
    sorted_key,
};

/// Everything that a search looks at of one customer, texts by their searched keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchedCustomer {
    /// The id.
    pub id: CustomerId,
    /// The name; empty where none is known.
    pub name: String,
    /// The customer's own e-mail address; empty where there is none.
    pub email: String,
    /// By which e-mail addresses are the same ([`crate::EmailAddress::key`]).
    pub email_key: String,
    /// The digits of each phone number there is; never empty ones.
    pub phones: Vec<String>,
    /// The contacts: of what type, and the text.
    pub contacts: Vec<(ContactType, String)>,
    /// The cities of the addresses, the billing address among them.
    pub cities: Vec<String>,
    /// Their postal codes.
    pub postal_codes: Vec<String>,
    /// The codes of their states or provinces.
    pub states: Vec<String>,
    /// The names of companies in them.
    pub company_names: Vec<String>,
    /// Their countries.
    pub countries: Vec<CountryCode>,
    /// The language, its case folded; empty where none is known.
    pub language: String,
    /// The group.
    pub group: GroupId,
    /// What was said of marketing.
    pub accept_marketing: Option<bool>,
    /// Whether the customer pays no tax.
    pub tax_exempt: bool,
    /// Whom the customer buys for.
    pub kind: CustomerKind,
    /// When the customer came to be.
    pub registered: Timestamp,
    /// When the customer last changed.
    pub updated: Timestamp,
    /// What the orders amount to.
    pub orders: OrderStatistics,
}

/// What a customer is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortValue<'a> {
    /// A text in UTF-8, whose bytes are in the order of its characters; empty where there is none.
    Text(&'a [u8]),
    /// A number; `None` where there is none.
    Number(Option<i64>),
}

impl SortValue<'_> {
    /// Whether there is none.
    pub const fn is_missing(self) -> bool {
        matches!(self, Self::Text([]) | Self::Number(None))
    }
}

impl CustomerSort {
    /// Which of two customers comes first by what they are sorted by: those without a value come last in both directions.
    pub fn compare_values(self, one: SortValue<'_>, other: SortValue<'_>) -> Ordering {
        let ascending = one.cmp(&other);
        let by_value = if self.descending { ascending.reverse() } else { ascending };
        one.is_missing().cmp(&other.is_missing()).then(by_value)
    }

    /// Which of two customers that are equal otherwise comes first by their ids, in the direction of the order.
    pub fn compare_ids<I: Ord>(self, one: &I, other: &I) -> Ordering {
        if self.descending { other.cmp(one) } else { one.cmp(other) }
    }

    /// Which of two customers comes first.
    pub fn compare(self, one: &SearchedCustomer, other: &SearchedCustomer) -> Ordering {
        self.compare_values(one.sort_value(self.field), other.sort_value(self.field))
            .then_with(|| self.compare_ids(&one.id, &other.id))
    }
}

impl LanguageCode {
    /// The code in lower case, by which languages are compared.
    pub fn key(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }
}

impl SearchedCustomer {
    /// What a search looks at of this customer.
    pub fn of(customer: &Customer, contacts: &ContactBook) -> Self {
        Self::with_contacts(customer, contacts.contacts().iter().map(AsRef::as_ref))
    }

    /// What a search looks at of this customer, who has these contacts.
    pub fn with_contacts<'a>(
        customer: &Customer,
        contacts: impl Iterator<Item = &'a Contact> + Clone,
    ) -> Self {
        let Customer { id, email, name, registered, updated, details, addresses, group, orders, .. } =
            customer;
        let places = || places(&details.billing, addresses);
        let phones = places()
            .filter_map(|place| place.phone.as_ref())
            .map(|phone| PhoneDigits::of(phone.as_str()))
            .filter(|digits| !digits.is_empty())
            .chain(contacts.clone().filter_map(Contact::phone_digits));
        let searched_contact =
            |contact: &Contact| (contact.contact_type(), searched_key(contact.address.contact().as_str()));
        Self {
            id: *id,
            name: name.as_ref().map(|name| sorted_key(name.as_str())).unwrap_or_default(),
            email: email.as_ref().map(|email| sorted_key(email.as_str())).unwrap_or_default(),
            email_key: email.as_ref().map(EmailAddress::key).unwrap_or_default(),
            phones: phones.collect(),
            contacts: contacts.map(searched_contact).collect(),
            cities: places()
                .filter_map(|place| place.city.as_ref())
                .map(|city| searched_key(city.as_str()))
                .collect(),
            postal_codes: places()
                .filter_map(|place| place.postal_code.as_ref())
                .map(|code| searched_key(code.as_str()))
                .collect(),
            states: places()
                .filter_map(|place| place.state.as_ref())
                .map(|state| searched_key(state.as_str()))
                .collect(),
            company_names: places()
                .filter_map(|place| place.company_name.as_ref())
                .map(|company| searched_key(company.as_str()))
                .collect(),
            countries: places().filter_map(|place| place.country).collect(),
            language: details.language.as_ref().map(LanguageCode::key).unwrap_or_default(),
            group: *group,
            accept_marketing: details.accept_marketing,
            tax_exempt: details.tax_exempt,
            kind: details.kind,
            registered: *registered,
            updated: *updated,
            orders: *orders,
        }
    }

    /// Whether a search finds the customer. `bought` says whether one of these products was bought, which is only known
    /// from the orders.
    pub fn matches(
        &self,
        search: &CustomerSearch,
        bought: impl FnOnce(&BTreeSet<ProductId>) -> bool,
    ) -> bool {
        let CustomerSearch {
            keyword,
            name,
            email,
            phone,
            city,
            postal_code,
            state,
            company_name,
            countries,
            groups,
            accept_marketing,
            language,
            tax_exempt,
            kind,
            order_count,
            sales_value,
            purchased_products,
            registered,
            updated,
            contact,
        } = search;
        let in_any = |text: &SearchText, texts: &[String]| texts.iter().any(|key| text.is_in(key));
        holds(keyword.as_ref(), |text| text.is_in(&self.name) || text.is_in(&self.email))
            && holds(name.as_ref(), |text| text.is_in(&self.name))
            && holds(email.as_ref(), |email| self.has_email(email))
            && holds(phone.as_ref(), |digits| self.phones.iter().any(|phone| phone.contains(digits.as_str())))
            && holds(city.as_ref(), |text| in_any(text, &self.cities))
            && holds(postal_code.as_ref(), |text| in_any(text, &self.postal_codes))
            && holds(state.as_ref(), |text| in_any(text, &self.states))
            && holds(company_name.as_ref(), |text| in_any(text, &self.company_names))
            && holds(countries.as_ref(), |wanted| {
                self.countries.iter().any(|country| wanted.contains(country))
            })
            && holds(groups.as_ref(), |groups| groups.contains(&self.group))
            && holds(*accept_marketing, |wanted| self.accept_marketing == Some(wanted))
            && holds(language.as_ref(), |language| self.language == language.key())
            && holds(*tax_exempt, |wanted| self.tax_exempt == wanted)
            && holds(*kind, |wanted| self.kind == wanted)
            && order_count.contains(&self.orders.orders)
            && sales_value.contains(&self.orders.sales)
            && holds(purchased_products.as_ref(), bought)
            && registered.contains(&self.registered)
            && updated.contains(&self.updated)
            && holds(contact.as_ref(), |filter| {
                self.contacts.iter().any(|(contact_type, text)| {
                    holds(filter.types, |types| types.contains(*contact_type))
                        && holds(filter.text.as_ref(), |part| part.is_in(text))
                })
            })
    }

    fn has_email(&self, filter: &EmailFilter) -> bool {
        match filter {
            EmailFilter::Part(text) => text.is_in(&self.email),
            EmailFilter::Exactly(address) => {
                address.as_ref().is_some_and(|address| address.key() == self.email_key)
            }
        }
    }

    /// The types of the customer's contacts.
    pub fn contact_types(&self) -> ContactTypeSet {
        self.contacts.iter().map(|&(contact_type, _)| contact_type).collect()
    }

    /// What the customer is sorted by.
    pub fn sort_value(&self, field: SortField) -> SortValue<'_> {
        match field {
            SortField::Name => SortValue::Text(self.name.as_bytes()),
            SortField::Email => SortValue::Text(self.email.as_bytes()),
            SortField::Registered => SortValue::Number(Some(self.registered.unix_seconds())),
            SortField::Updated => SortValue::Number(Some(self.updated.unix_seconds())),
            SortField::OrderCount => SortValue::Number(i64::try_from(self.orders.orders).ok()),
            SortField::SalesValue => SortValue::Number(Some(self.orders.sales.units())),
            SortField::FirstOrder => SortValue::Number(self.orders.first.map(Timestamp::unix_seconds)),
            SortField::LastOrder => SortValue::Number(self.orders.last.map(Timestamp::unix_seconds)),
        }
    }
}

fn holds<T>(filter: Option<T>, check: impl FnOnce(T) -> bool) -> bool {
    filter.is_none_or(check)
}

fn places<'a>(billing: &'a Whereabouts, addresses: &'a AddressBook) -> impl Iterator<Item = &'a Whereabouts> {
    std::iter::once(billing).chain(addresses.addresses().iter().map(|address| &address.whereabouts))
}
