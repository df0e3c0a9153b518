//! What a request says of a person: who it is and where to be found.

use std::str::FromStr;

use shopfolk_model::{
    AddressEntry, AddressId, AddressNote, City, CompanyName, CountryCode, CustomerName, FieldChange, OrderBy,
    PhoneNumber, PostalCode, StateCode, Street, WhereaboutsChange,
};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::fields::Fields;
use crate::schemas::{DateIn, OrderByIn};

/// A person. What is left out stays, `null` or empty clears it.
#[derive(ToSchema)]
#[schema(as = NewPerson, rename_all = "camelCase")]
pub(crate) struct PersonIn {
    /// First and last name.
    #[schema(value_type = Option<String>, max_length = 255)]
    pub(crate) name: FieldChange<CustomerName>,
    #[schema(value_type = Option<String>, max_length = 255)]
    company_name: FieldChange<CompanyName>,
    /// Two lines are joined by a newline.
    #[schema(value_type = Option<String>, max_length = 512)]
    street: FieldChange<Street>,
    #[schema(value_type = Option<String>, max_length = 255)]
    city: FieldChange<City>,
    /// ISO 3166-1 alpha-2.
    #[schema(value_type = Option<String>, min_length = 2, max_length = 2, example = "US")]
    country_code: FieldChange<CountryCode>,
    #[schema(value_type = Option<String>, max_length = 64)]
    postal_code: FieldChange<PostalCode>,
    /// ISO 3166-2 without the country, such as `NY`; anything else is kept as it is.
    #[schema(value_type = Option<String>, max_length = 255)]
    state_or_province_code: FieldChange<StateCode>,
    #[schema(value_type = Option<String>, max_length = 255)]
    phone: FieldChange<PhoneNumber>,
}

impl PersonIn {
    /// Reads it from an object.
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, ApiError> {
        Ok(Self {
            name: fields.text("name", CustomerName::optional)?.change(),
            company_name: fields.text("companyName", CompanyName::optional)?.change(),
            street: fields.text("street", Street::optional)?.change(),
            city: fields.text("city", City::optional)?.change(),
            country_code: fields.text("countryCode", optional)?.change(),
            postal_code: fields.text("postalCode", PostalCode::optional)?.change(),
            state_or_province_code: fields.text("stateOrProvinceCode", StateCode::optional)?.change(),
            phone: fields.text("phone", PhoneNumber::optional)?.change(),
        })
    }

    /// The person of whom everything is cleared.
    pub(crate) const fn nobody() -> Self {
        Self {
            name: FieldChange::Clear,
            company_name: FieldChange::Clear,
            street: FieldChange::Clear,
            city: FieldChange::Clear,
            country_code: FieldChange::Clear,
            postal_code: FieldChange::Clear,
            state_or_province_code: FieldChange::Clear,
            phone: FieldChange::Clear,
        }
    }

    /// Who it is, and where to be found.
    pub(crate) fn parts(self) -> (FieldChange<CustomerName>, WhereaboutsChange) {
        let whereabouts = WhereaboutsChange {
            company_name: self.company_name,
            street: self.street,
            city: self.city,
            country: self.country_code,
            postal_code: self.postal_code,
            state: self.state_or_province_code,
            phone: self.phone,
        };
        (self.name, whereabouts)
    }
}

/// A text that may be empty.
pub(crate) fn optional<T: FromStr>(text: &str) -> Result<Option<T>, T::Err> {
    if text.trim().is_empty() { Ok(None) } else { text.parse().map(Some) }
}

/// A shipping address in the list of a customer.
#[derive(ToSchema)]
#[schema(as = NewShippingAddress, rename_all = "camelCase")]
pub(crate) struct AddressIn {
    /// The address that is meant; what is left out of it stays. Without an id it is a new one.
    #[schema(value_type = Option<i64>)]
    id: Option<AddressId>,
    #[schema(inline)]
    #[allow(dead_code, reason = "shown in the OpenAPI document")]
    person: PersonIn,
    /// A note for whoever brings goods there.
    #[schema(value_type = Option<String>, max_length = 5000)]
    note: FieldChange<AddressNote>,
    /// Whether it is the default. The first address is if none is named.
    default_address: Option<bool>,
    #[schema(value_type = Option<OrderByIn>)]
    order_by: Option<OrderBy>,
    /// When it came to be. Left out: now.
    #[schema(value_type = Option<DateIn>)]
    created_date: Option<shopfolk_model::Timestamp>,
}

impl AddressIn {
    /// Reads it from an object.
    pub(crate) fn read(fields: &Fields<'_>) -> Result<AddressEntry, ApiError> {
        let Self { id, person, note, default_address, order_by, created_date } = Self {
            id: fields.integer("id", AddressId::new)?.value(),
            person: PersonIn::read(fields)?,
            note: fields.text("note", AddressNote::optional)?.change(),
            default_address: fields.boolean("defaultAddress")?.value(),
            order_by: fields.integer_or_boolean("orderBy", OrderBy::new)?.value(),
            created_date: fields.timestamp("createdDate")?.value(),
        };
        let (name, whereabouts) = person.parts();
        Ok(AddressEntry {
            id,
            name,
            whereabouts,
            note,
            created: created_date,
            default: default_address,
            order_by,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn address(body: &str) -> Result<AddressEntry, String> {
        let body = json::parse(body.as_bytes()).unwrap();
        let fields = Fields::of_body(&body).unwrap();
        AddressIn::read(&fields).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn every_field_of_an_address_is_read() {
        let read = address(
            r#"{"id": 7, "name": " Anna ", "companyName": "C", "street": "1\n2", "city": "X", "countryCode": "us",
                "postalCode": "1", "stateOrProvinceCode": "NY", "phone": "+1", "note": "n", "defaultAddress": true,
                "orderBy": 3, "createdDate": 5, "countryName": "ignored", "addressFormatted": "ignored"}"#,
        )
        .unwrap();
        assert_eq!(read.id, AddressId::new(7).ok());
        assert_eq!(read.name, FieldChange::Set(CustomerName::new("Anna").unwrap()));
        assert_eq!(read.whereabouts.country, FieldChange::Set("US".parse().unwrap()));
        assert_eq!(read.whereabouts.street, FieldChange::Set(Street::new("1\n2").unwrap()));
        assert_eq!((read.default, read.order_by), (Some(true), OrderBy::new(3).ok()));
    }

    #[test]
    fn empty_and_null_clear_and_absent_stays() {
        let read = address(r#"{"city": "", "countryCode": null, "phone": " "}"#).unwrap();
        let cleared = (read.whereabouts.city, read.whereabouts.country, read.whereabouts.phone);
        assert_eq!(cleared, (FieldChange::Clear, FieldChange::Clear, FieldChange::Clear));
        assert_eq!(address("{}").unwrap(), AddressEntry::default());
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (field, message) in [
            (
                r#""countryCode": "XX""#,
                "Wrong value 'XX' of parameter 'countryCode': it must be a country code",
            ),
            (r#""id": "7""#, "Wrong value '7' of parameter 'id': it must be an integer"),
            (r#""id": true"#, "Wrong value 'true' of parameter 'id': it must be an integer"),
            (r#""city": 5"#, "Wrong value '5' of parameter 'city': it must be a string"),
        ] {
            let error = address(&format!("{{{field}}}")).unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
