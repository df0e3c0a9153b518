//! What is known of a customer besides e-mail, name and contacts, as one document: it is always read and written whole.
//!
//! Both engines keep it in `customer_details`, for those customers of whom there is anything to keep. The words are
//! those of the API where it has them. A word that a later release adds is passed over by an earlier one.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use shopfolk_model::{
    AddressBook, AddressId, AddressNote, AdminNotes, City, CompanyName, CustomerDetails, CustomerKind,
    CustomerName, ExternalReferenceId, OrderBy, PhoneNumber, PostalCode, ShippingAddress, StateCode, Street,
    TaxText, Timestamp, Whereabouts,
};

/// A document is not what it should be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct InvalidDocument(String);

impl InvalidDocument {
    fn of(error: impl Display) -> Self {
        Self(error.to_string())
    }
}

type Text = Option<String>;

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct CustomerDocument {
    #[serde(skip_serializing_if = "is_nothing")]
    billing: PlaceDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_id: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_id_valid: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_exempt: Option<bool>,
    #[serde(rename = "b2b_b2c", skip_serializing_if = "Option::is_none")]
    kind: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    fiscal_code: Text,
    #[serde(rename = "electronicInvoicePecEmail", skip_serializing_if = "Option::is_none")]
    invoice_email: Text,
    #[serde(rename = "electronicInvoiceSdiCode", skip_serializing_if = "Option::is_none")]
    invoice_code: Text,
    #[serde(rename = "privateAdminNotes", skip_serializing_if = "Option::is_none")]
    admin_notes: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    accept_marketing: Option<bool>,
    #[serde(rename = "lang", skip_serializing_if = "Option::is_none")]
    language: Text,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<AddressDocument>,
}

#[derive(Serialize, Deserialize, Default, PartialEq)]
#[serde(rename_all = "camelCase", default)]
struct PlaceDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    company_name: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    street: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Text,
    #[serde(rename = "countryCode", skip_serializing_if = "Option::is_none")]
    country: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Text,
    #[serde(rename = "stateOrProvinceCode", skip_serializing_if = "Option::is_none")]
    state: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Text,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddressDocument {
    id: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Text,
    #[serde(flatten)]
    place: PlaceDocument,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Text,
    created: i64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    default: bool,
    order_by: i32,
}

fn is_nothing(place: &PlaceDocument) -> bool {
    *place == PlaceDocument::default()
}

/// The document of these details, without the external reference, which has a column of its own, and these addresses;
/// `None` when there is nothing to keep.
#[expect(clippy::expect_used, reason = "texts, numbers and flags under names that are texts are always JSON")]
pub(crate) fn encode_customer(details: &CustomerDetails, addresses: &AddressBook) -> Option<String> {
    if !details.are_known(addresses) {
        return None;
    }
    let CustomerDetails {
        billing,
        tax_id,
        tax_id_valid,
        tax_exempt,
        kind,
        fiscal_code,
        invoice_email,
        invoice_code,
        admin_notes,
        accept_marketing,
        language,
        external_reference: _,
    } = details;
    let document = CustomerDocument {
        billing: place_document(billing),
        tax_id: text(tax_id.as_ref()),
        tax_id_valid: (!tax_id_valid).then_some(false),
        tax_exempt: tax_exempt.then_some(true),
        kind: (*kind != CustomerKind::default()).then(|| kind.name().to_owned()),
        fiscal_code: text(fiscal_code.as_ref()),
        invoice_email: text(invoice_email.as_ref()),
        invoice_code: text(invoice_code.as_ref()),
        admin_notes: text(admin_notes.as_ref()),
        accept_marketing: *accept_marketing,
        language: text(language.as_ref()),
        addresses: addresses.addresses().iter().map(address_document).collect(),
    };
    Some(serde_json::to_string(&document).expect("a document is JSON"))
}

fn text(value: Option<&impl Display>) -> Text {
    value.map(ToString::to_string)
}

fn place_document(whereabouts: &Whereabouts) -> PlaceDocument {
    let Whereabouts { company_name, street, city, country, postal_code, state, phone } = whereabouts;
    PlaceDocument {
        company_name: text(company_name.as_ref()),
        street: text(street.as_ref()),
        city: text(city.as_ref()),
        country: text(country.as_ref()),
        postal_code: text(postal_code.as_ref()),
        state: text(state.as_ref()),
        phone: text(phone.as_ref()),
    }
}

fn address_document(address: &ShippingAddress) -> AddressDocument {
    let ShippingAddress { id, name, whereabouts, note, created, default, order_by } = address;
    AddressDocument {
        id: id.get(),
        name: text(name.as_ref()),
        place: place_document(whereabouts),
        note: text(note.as_ref()),
        created: created.unix_seconds(),
        default: *default,
        order_by: order_by.get(),
    }
}

/// What is in a document and beside it; everything is as it is of most customers where there is neither.
///
/// # Errors
/// When the document is none, or holds what cannot be.
pub(crate) fn decode_customer(
    document: Option<&str>,
    external_reference: Option<ExternalReferenceId>,
) -> Result<(CustomerDetails, AddressBook), InvalidDocument> {
    let Some(document) = document else {
        return Ok((
            CustomerDetails { external_reference, ..CustomerDetails::default() },
            AddressBook::default(),
        ));
    };
    let document: CustomerDocument = serde_json::from_str(document).map_err(InvalidDocument::of)?;
    let usual = CustomerDetails::default();
    let details = CustomerDetails {
        billing: whereabouts(&document.billing)?,
        tax_id: read(document.tax_id.as_ref(), TaxText::from_stored)?,
        tax_id_valid: document.tax_id_valid.unwrap_or(usual.tax_id_valid),
        tax_exempt: document.tax_exempt.unwrap_or(usual.tax_exempt),
        kind: read(document.kind.as_ref(), CustomerKind::parse)?.unwrap_or_default(),
        fiscal_code: read(document.fiscal_code.as_ref(), TaxText::from_stored)?,
        invoice_email: read(document.invoice_email.as_ref(), TaxText::from_stored)?,
        invoice_code: read(document.invoice_code.as_ref(), TaxText::from_stored)?,
        admin_notes: read(document.admin_notes.as_ref(), AdminNotes::from_stored)?,
        accept_marketing: document.accept_marketing,
        language: read(document.language.as_ref(), FromStr::from_str)?,
        external_reference,
    };
    let addresses = document.addresses.into_iter().map(address).collect::<Result<_, _>>()?;
    Ok((details, AddressBook::whole(addresses)))
}

fn read<T, E: Display>(
    text: Option<&String>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, InvalidDocument> {
    text.map(|text| parse(text)).transpose().map_err(InvalidDocument::of)
}

fn whereabouts(place: &PlaceDocument) -> Result<Whereabouts, InvalidDocument> {
    let PlaceDocument { company_name, street, city, country, postal_code, state, phone } = place;
    Ok(Whereabouts {
        company_name: read(company_name.as_ref(), CompanyName::from_stored)?,
        street: read(street.as_ref(), Street::from_stored)?,
        city: read(city.as_ref(), City::from_stored)?,
        country: read(country.as_ref(), FromStr::from_str)?,
        postal_code: read(postal_code.as_ref(), PostalCode::from_stored)?,
        state: read(state.as_ref(), StateCode::from_stored)?,
        phone: read(phone.as_ref(), PhoneNumber::from_stored)?,
    })
}

fn address(document: AddressDocument) -> Result<ShippingAddress, InvalidDocument> {
    let AddressDocument { id, name, place, note, created, default, order_by } = document;
    Ok(ShippingAddress {
        id: AddressId::new(id).map_err(InvalidDocument::of)?,
        name: read(name.as_ref(), CustomerName::from_stored)?,
        whereabouts: whereabouts(&place)?,
        note: read(note.as_ref(), AddressNote::from_stored)?,
        created: Timestamp::from_unix_seconds(created).map_err(InvalidDocument::of)?,
        default,
        order_by: OrderBy::new(order_by.into()).map_err(InvalidDocument::of)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything() -> (CustomerDetails, AddressBook) {
        let place = Whereabouts {
            company_name: CompanyName::optional("Example \"Inc\"").unwrap(),
            street: Street::optional("1 Broadway\nFloor 2").unwrap(),
            city: City::optional("Ñandú").unwrap(),
            country: "US".parse().ok(),
            postal_code: PostalCode::optional("10004").unwrap(),
            state: StateCode::optional("NY").unwrap(),
            phone: PhoneNumber::optional("+1 212").unwrap(),
        };
        let details = CustomerDetails {
            billing: place.clone(),
            tax_id: TaxText::optional("1").unwrap(),
            tax_id_valid: false,
            tax_exempt: true,
            kind: CustomerKind::Business,
            fiscal_code: TaxText::optional("2").unwrap(),
            invoice_email: TaxText::optional("3").unwrap(),
            invoice_code: TaxText::optional("4").unwrap(),
            admin_notes: AdminNotes::optional(" 5\n").unwrap(),
            accept_marketing: Some(false),
            language: "en".parse().ok(),
            external_reference: ExternalReferenceId::optional("6").unwrap(),
        };
        let address = ShippingAddress {
            id: AddressId::new(7).unwrap(),
            name: CustomerName::optional("Anna").unwrap(),
            whereabouts: place,
            note: AddressNote::optional("8").unwrap(),
            created: Timestamp::from_unix_seconds(9).unwrap(),
            default: true,
            order_by: OrderBy::new(10).unwrap(),
        };
        let other = ShippingAddress { id: AddressId::new(11).unwrap(), default: false, ..address.clone() };
        (details, AddressBook::whole(vec![address, other]))
    }

    #[test]
    fn everything_comes_back_as_it_went() {
        let (details, addresses) = everything();
        let document = encode_customer(&details, &addresses).unwrap();
        let back = decode_customer(Some(&document), ExternalReferenceId::optional("6").unwrap()).unwrap();
        assert_eq!(back, (details, addresses));
    }

    #[test]
    fn of_most_customers_nothing_is_kept() {
        let usual = (CustomerDetails::default(), AddressBook::default());
        assert_eq!(encode_customer(&usual.0, &usual.1), None);
        assert_eq!(decode_customer(None, None).unwrap(), usual);
        assert_eq!(decode_customer(Some("{\"ofALaterRelease\":1}"), None).unwrap(), usual);
        let (named, _) = decode_customer(None, ExternalReferenceId::optional("x").unwrap()).unwrap();
        assert_eq!(encode_customer(&named, &usual.1), None);
    }

    #[test]
    fn what_cannot_be_is_an_error() {
        for document in
            ["", "7", "{\"lang\":\"\"}", "{\"billing\":{\"countryCode\":\"XX\"}}", "{\"addresses\":[{}]}"]
        {
            assert!(decode_customer(Some(document), None).is_err(), "{document}");
        }
    }
}
