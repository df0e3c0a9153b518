//! What the wire says of a person, and of the places that a customer has goods sent to.

use std::convert::Infallible;

use serde::Serialize;
use shopfolk_model::{
    AddressBook, AddressEntry, AddressId, AddressNote, City, CompanyName, CountryCode, CustomerName,
    FieldChange, MAXIMUM_ADDRESSES, OrderBy, PhoneNumber, PostalCode, ShippingAddress, StateCode, Street,
    Timestamp, Whereabouts, WhereaboutsChange,
};
use utoipa::openapi::{RefOr, Schema};

use crate::error::ApiError;
use crate::fields::Fields;
use crate::given::Given;
use crate::wire::{Answer, Cell, Components, Direction, WireObject, WireValue, request_shape, wire_object};
use crate::wire_schema::{answered, list, requested};

/// Who somebody is and where to be found.
pub(crate) struct Person<'a> {
    name: Option<&'a CustomerName>,
    whereabouts: &'a Whereabouts,
}

impl<'a> Person<'a> {
    /// The one of this name at these whereabouts.
    pub(crate) const fn new(name: Option<&'a CustomerName>, whereabouts: &'a Whereabouts) -> Self {
        Self { name, whereabouts }
    }

    fn names(&self) -> Option<(&'a str, &'a str)> {
        self.name.and_then(|name| split_name(name.as_str()))
    }
}

/// The first word and the rest of a name of two words or more.
fn split_name(name: &str) -> Option<(&str, &str)> {
    let (first, rest) = name.split_once(char::is_whitespace)?;
    Some((first, rest.trim_start()))
}

wire_object! {
    /// A person. What is not known is left out.
    "Person": Person<'_> as PersonFields = person @ Person {
        name,
        whereabouts: Whereabouts { company_name, street, city, country, postal_code, state, phone },
    } => {
        /// First and last name.
        NAME "name": Clearable CustomerName = *name;
        /// The first word of a name of two words or more. In a request, first and last name are joined where no `name` is sent.
        FIRST_NAME "firstName": StandsIn &str = &person.names().map(|(first, _)| first);
        /// The rest of it.
        LAST_NAME "lastName": StandsIn &str = &person.names().map(|(_, last)| last);
        COMPANY_NAME "companyName": Clearable CompanyName = company_name;
        /// Two lines are joined by a newline.
        STREET "street": Clearable Street = street;
        CITY "city": Clearable City = city;
        /// ISO 3166-1 alpha-2.
        COUNTRY "countryCode": Clearable CountryCode = country;
        /// The name of the country in English. In a request it stands in for a missing `countryCode`.
        COUNTRY_NAME "countryName": StandsIn &str {example: "United States"} = &country.map(CountryCode::name);
        POSTAL_CODE "postalCode": Clearable PostalCode = postal_code;
        /// ISO 3166-2 without the country, such as `NY`; anything else is kept as it is.
        STATE "stateOrProvinceCode": Clearable StateCode {example: "NY"} = state;
        /// The name of the state or province, where its code is known. In a request it stands in for a missing
        /// `stateOrProvinceCode`.
        STATE_NAME "stateOrProvinceName": StandsIn &str {example: "New York"} = &person.whereabouts.state_name();
        PHONE "phone": Clearable PhoneNumber = phone;
    }
}

impl WireValue for Person<'_> {
    const CELL: Cell = Cell::Object(Self::FIELDS);

    fn answer(&self) -> impl Serialize {
        Answer(self)
    }

    fn schema(direction: Direction, components: &mut Components) -> RefOr<Schema> {
        match direction {
            Direction::Answer => answered::<Self>(components),
            _ => requested::<PersonChange>(components),
        }
    }
}

/// What is said of a person.
#[derive(Default)]
pub(crate) struct PersonChange {
    pub(crate) name: FieldChange<CustomerName>,
    pub(crate) whereabouts: WhereaboutsChange,
}

impl PersonChange {
    /// The change that clears everything.
    pub(crate) const fn nobody() -> Self {
        Self { name: FieldChange::Clear, whereabouts: WhereaboutsChange::clear() }
    }
}

request_shape! {
    /// The change of a person. Fields that are left out stay; `null` or empty clears them.
    "NewPerson": PersonChange = Change of Person => |fields| {
        let country = country(fields)?;
        Ok(Self {
            name: name(fields)?,
            whereabouts: WhereaboutsChange {
                company_name: PersonFields::COMPANY_NAME.change(fields)?,
                street: PersonFields::STREET.change(fields)?,
                city: PersonFields::CITY.change(fields)?,
                postal_code: PersonFields::POSTAL_CODE.change(fields)?,
                state: state(fields, &country)?,
                country,
                phone: PersonFields::PHONE.change(fields)?,
            },
        })
    }
}

/// What is said of the name: itself, or first and last name.
fn name(fields: &Fields<'_>) -> Result<FieldChange<CustomerName>, ApiError> {
    let given = PersonFields::NAME.change(fields)?;
    if matches!(given, FieldChange::Set(_)) {
        return Ok(given);
    }
    let part = |field: &str| fields.text(field, |text| Ok::<_, Infallible>(text.trim().to_owned()));
    let (first, last) = (part(PersonFields::FIRST_NAME.name)?, part(PersonFields::LAST_NAME.name)?);
    if (&first, &last) == (&Given::Absent, &Given::Absent) {
        return Ok(given);
    }
    let joined = [first, last].map(|part| part.value().unwrap_or_default()).join(" ");
    let field = PersonFields::FIRST_NAME.name;
    let by_parts = fields.value_of(field, &joined, CustomerName::optional(&joined)).map(Given::change)?;
    Ok(or_by_name(given, by_parts))
}

/// What is said of a field, or by the one that stands in for it where it is absent or `null`.
fn or_by_name<T>(given: FieldChange<T>, by_name: FieldChange<T>) -> FieldChange<T> {
    match (given, by_name) {
        (FieldChange::Clear, FieldChange::Keep | FieldChange::Clear) => FieldChange::Clear,
        (given @ FieldChange::Set(_), _) => given,
        (FieldChange::Keep | FieldChange::Clear, by_name) => by_name,
    }
}

/// What is said of the country: its code, or its name.
fn country(fields: &Fields<'_>) -> Result<FieldChange<CountryCode>, ApiError> {
    match PersonFields::COUNTRY.change(fields)? {
        given @ FieldChange::Set(_) => Ok(given),
        given => {
            let named = |text: &str| match text.trim() {
                "" => Ok(None),
                name => {
                    CountryCode::of_name(name).map(Some).ok_or("must be the name of a country in English")
                }
            };
            let by_name = fields.text(PersonFields::COUNTRY_NAME.name, named).map(Given::change)?;
            Ok(or_by_name(given, by_name))
        }
    }
}

/// What is said of the state: its code, or its name in that country; one that is unknown is kept as it is.
fn state(
    fields: &Fields<'_>,
    country: &FieldChange<CountryCode>,
) -> Result<FieldChange<StateCode>, ApiError> {
    match PersonFields::STATE.change(fields)? {
        given @ FieldChange::Set(_) => Ok(given),
        given => {
            let code = |name: &str| match country {
                FieldChange::Set(country) => country.state_code(name),
                FieldChange::Keep | FieldChange::Clear => None,
            };
            let named = |name: &str| StateCode::optional(code(name).unwrap_or(name));
            let by_name = fields.text(PersonFields::STATE_NAME.name, named).map(Given::change)?;
            Ok(or_by_name(given, by_name))
        }
    }
}

wire_object! {
    /// A place that a customer has goods sent to.
    "ShippingAddress": ShippingAddress as AddressFields
        = ShippingAddress { id, name, whereabouts, note, created, default, order_by } => {
        /// The id, unique in the store. In a request, the address that is meant; what is left out of it stays. Without an id
        /// it is a new one.
        ID "id": Id AddressId = id;
        "": Flattened Person<'_> = &Person::new(name.as_ref(), whereabouts);
        /// A note for the carrier. Left out when empty.
        NOTE "note": Clearable AddressNote = note;
        /// When the address came to be. Now, if nothing is said of a new one.
        CREATED "createdDate": Optional Timestamp = created;
        /// Whether it is the customer's default. The first address is if none is named.
        DEFAULT "defaultAddress": Optional bool = default;
        /// The place in the list.
        ORDER_BY "orderBy": Optional OrderBy = order_by;
        /// The place in one line.
        "addressFormatted": Derived String = &whereabouts.formatted();
    }
}

request_shape! {
    /// A shipping address in the list of a customer.
    "NewShippingAddress": AddressEntry = Entry of ShippingAddress => |fields| {
        let id = AddressFields::ID.value(fields)?;
        let PersonChange { name, whereabouts } = PersonChange::read(fields)?;
        Ok(Self {
            id,
            name,
            whereabouts,
            note: AddressFields::NOTE.change(fields)?,
            default: AddressFields::DEFAULT.value(fields)?,
            order_by: AddressFields::ORDER_BY.value(fields)?,
            created: AddressFields::CREATED.value(fields)?,
        })
    }
}

/// The shipping addresses of a customer.
impl WireValue for AddressBook {
    const CELL: Cell = Cell::List(ShippingAddress::FIELDS, MAXIMUM_ADDRESSES);

    fn answer(&self) -> impl Serialize {
        self.addresses().iter().map(Answer).collect::<Vec<_>>()
    }

    fn schema(direction: Direction, components: &mut Components) -> RefOr<Schema> {
        match direction {
            Direction::Answer => list(answered::<ShippingAddress>(components), None),
            _ => list(requested::<AddressEntry>(components), Some(MAXIMUM_ADDRESSES as usize)),
        }
    }
}

#[cfg(test)]
mod tests {
    use shopfolk_model::{FieldChange, Street};

    use super::*;
    use crate::json;
    use crate::wire::RequestShape;

    fn address(body: &str) -> Result<AddressEntry, String> {
        let body = json::parse(body.as_bytes()).unwrap();
        let fields = Fields::of_body(&body).unwrap();
        AddressEntry::read(&fields).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn every_field_of_an_address_is_read() {
        let read = address(
            r#"{"id": 7, "name": " Anna ", "companyName": "C", "street": "1\n2", "city": "X", "countryCode": "us",
                "postalCode": "1", "stateOrProvinceCode": "NY", "phone": "+1", "note": "n", "defaultAddress": true,
                "orderBy": 3, "createdDate": 5, "countryName": "ignored", "stateOrProvinceName": "ignored", "firstName": "ignored",
                "addressFormatted": "ignored"}"#,
        )
        .unwrap();
        assert_eq!(read.id, AddressId::new(7).ok());
        assert_eq!(read.name, FieldChange::Set(CustomerName::new("Anna").unwrap()));
        assert_eq!(read.whereabouts.country, FieldChange::Set("US".parse().unwrap()));
        assert_eq!(read.whereabouts.street, FieldChange::Set(Street::new("1\n2").unwrap()));
        assert_eq!((read.default, read.order_by), (Some(true), OrderBy::new(3).ok()));
    }

    #[test]
    fn names_stand_in_for_what_is_missing() {
        let read = address(
            r#"{"firstName": "Anna ", "lastName": "van Berg", "countryName": "Canada", "stateOrProvinceName": "ontario"}"#,
        )
        .unwrap();
        assert_eq!(read.name, FieldChange::Set(CustomerName::new("Anna van Berg").unwrap()));
        assert_eq!(read.whereabouts.country, FieldChange::Set("CA".parse().unwrap()));
        assert_eq!(read.whereabouts.state, FieldChange::Set(StateCode::new("ON").unwrap()));
        let read = address(r#"{"lastName": "Berg", "stateOrProvinceName": "Far away"}"#).unwrap();
        assert_eq!(read.name, FieldChange::Set(CustomerName::new("Berg").unwrap()));
        assert_eq!(read.whereabouts.state, FieldChange::Set(StateCode::new("Far away").unwrap()));
        let error = address(r#"{"countryName": "Nowhere"}"#).unwrap_err();
        assert!(error.starts_with("Wrong value 'Nowhere' of parameter 'countryName'"), "{error}");
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

    #[test]
    fn a_name_of_two_words_or_more_is_split() {
        assert_eq!(split_name("Anna"), None);
        assert_eq!(split_name("Anna Berg"), Some(("Anna", "Berg")));
        assert_eq!(split_name("Anna  van den Berg"), Some(("Anna", "van den Berg")));
    }
}
