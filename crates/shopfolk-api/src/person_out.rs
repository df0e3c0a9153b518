//! What answers say of a person, and of the places that a customer has goods sent to.

use serde::Serialize;
use shopfolk_model::{
    AddressNote, City, CompanyName, CountryCode, CustomerName, PhoneNumber, PostalCode, ShippingAddress,
    StateCode, Street, Timestamp, Whereabouts,
};
use utoipa::ToSchema;

use crate::contact_out::as_date;
use crate::schemas::Date;

/// A person. What is not known is left out.
#[derive(Serialize, ToSchema, Default)]
#[serde(rename_all = "camelCase")]
#[schema(as = Person)]
pub(crate) struct PersonOut<'a> {
    /// First and last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<&'a str>,
    /// The first word of a name of two words or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    first_name: Option<&'a str>,
    /// The rest of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    company_name: Option<&'a str>,
    /// Two lines are joined by a newline.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    street: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    city: Option<&'a str>,
    /// ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "US")]
    country_code: Option<&'a str>,
    /// The name of the country in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "United States")]
    country_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    postal_code: Option<&'a str>,
    /// ISO 3166-2 without the country, or whatever was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "NY")]
    state_or_province_code: Option<&'a str>,
    /// The name of the state or province, where its code is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "New York")]
    state_or_province_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    phone: Option<&'a str>,
}

impl<'a> PersonOut<'a> {
    /// A person of this name at these whereabouts.
    pub(crate) fn new(name: Option<&'a CustomerName>, whereabouts: &'a Whereabouts) -> Self {
        let Whereabouts { company_name, street, city, country, postal_code, state, phone } = whereabouts;
        let name = name.map(CustomerName::as_str);
        let (first_name, last_name) = name.and_then(split_name).unzip();
        Self {
            name,
            first_name,
            last_name,
            company_name: company_name.as_ref().map(CompanyName::as_str),
            street: street.as_ref().map(Street::as_str),
            city: city.as_ref().map(City::as_str),
            country_code: country.as_ref().map(CountryCode::as_str),
            country_name: country.map(CountryCode::name),
            postal_code: postal_code.as_ref().map(PostalCode::as_str),
            state_or_province_code: state.as_ref().map(StateCode::as_str),
            state_or_province_name: whereabouts.state_name(),
            phone: phone.as_ref().map(PhoneNumber::as_str),
        }
    }
}

/// The first word and the rest of a name of two words or more.
fn split_name(name: &str) -> Option<(&str, &str)> {
    let (first, rest) = name.split_once(char::is_whitespace)?;
    Some((first, rest.trim_start()))
}

/// A place that a customer has goods sent to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShippingAddress)]
pub(crate) struct AddressOut<'a> {
    /// The id, unique in the store.
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    id: i64,
    #[serde(flatten)]
    person: PersonOut<'a>,
    /// A note for whoever brings goods there. Left out when empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<&'a str>,
    /// When the address came to be.
    #[serde(serialize_with = "as_date")]
    #[schema(value_type = Date)]
    created_date: Timestamp,
    /// Whether it is the customer's default.
    default_address: bool,
    /// The place in the list.
    #[schema(minimum = 0)]
    order_by: i32,
    /// The place in one line.
    address_formatted: String,
}

impl<'a> From<&'a ShippingAddress> for AddressOut<'a> {
    fn from(address: &'a ShippingAddress) -> Self {
        let ShippingAddress { id, name, whereabouts, note, created, default, order_by } = address;
        Self {
            id: id.get(),
            person: PersonOut::new(name.as_ref(), whereabouts),
            note: note.as_ref().map(AddressNote::as_str),
            created_date: *created,
            default_address: *default,
            order_by: order_by.get(),
            address_formatted: whereabouts.formatted(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_two_words_or_more_is_split() {
        assert_eq!(split_name("Anna"), None);
        assert_eq!(split_name("Anna Berg"), Some(("Anna", "Berg")));
        assert_eq!(split_name("Anna  van den Berg"), Some(("Anna", "van den Berg")));
    }
}
