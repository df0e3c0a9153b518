//! The ids in a path.
//!
//! They are read from their places in the path when a handler asks for them, so that the store is looked at before
//! anything else, and the customer before the contact.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use shopfolk_model::{ContactId, CustomerId, ExtraFieldKey, GroupId, IdError, OrderKey, StoreId};
use shopfolk_operations::OrderName;

use crate::error::{ApiError, ErrorCode, shorten};

// `/api/v3/{storeId}/customers/{customerId}/contacts/{contactId}`: the text before the first slash is number 0.
const STORE: usize = 3;
const CUSTOMER: usize = 5;
const CONTACT: usize = 7;
// `/api/v3/{storeId}/customer_groups/{groupId}`
const GROUP: usize = 5;
// `/api/v3/{storeId}/orders/{orderId}`
const ORDER: usize = 5;
// `/api/v3/{storeId}/store_extrafields/customers/{key}`
const EXTRA_FIELD: usize = 6;

fn segment(path: &str, place: usize) -> Cow<'_, str> {
    percent_decode_str(path.split('/').nth(place).unwrap_or_default()).decode_utf8_lossy()
}

fn not_decimal(parameter: &str, text: &str) -> ApiError {
    ApiError::wrong_value(parameter, text, IdError::NotDecimal)
}

/// The store in a path. One with an id beyond the range does not exist.
pub(crate) fn store(path: &str) -> Result<StoreId, ApiError> {
    let text = segment(path, STORE);
    text.parse().map_err(|error| match error {
        IdError::NotDecimal => not_decimal("storeId", &text),
        IdError::TooLarge { .. } => ApiError::new(ErrorCode::StoreNotFound, "Store not found"),
    })
}

fn customer(path: &str) -> Result<CustomerId, ApiError> {
    let text = segment(path, CUSTOMER);
    text.parse().map_err(|error| match error {
        IdError::NotDecimal => not_decimal("customerId", &text),
        IdError::TooLarge { .. } => {
            ApiError::new(ErrorCode::CustomerNotFound, format!("Customer #{} not found", shorten(&text)))
        }
    })
}

/// The customer in the path.
pub(crate) struct CustomerPath(pub(crate) CustomerId);

impl<S: Sync> FromRequestParts<S> for CustomerPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        customer(parts.uri.path()).map(Self)
    }
}

/// The customer group in the path.
pub(crate) struct GroupPath(pub(crate) GroupId);

impl<S: Sync> FromRequestParts<S> for GroupPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let text = segment(parts.uri.path(), GROUP);
        let group = text.parse().map_err(|error| match error {
            IdError::NotDecimal => not_decimal("groupId", &text),
            IdError::TooLarge { .. } => {
                let message = format!("Customer group #{} not found", shorten(&text));
                ApiError::new(ErrorCode::CustomerGroupNotFound, message)
            }
        });
        group.map(Self)
    }
}

/// The order in the path, by its key or number. What can be neither is that of no order.
pub(crate) struct OrderPath(pub(crate) OrderName);

impl<S: Sync> FromRequestParts<S> for OrderPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let text = segment(parts.uri.path(), ORDER);
        let name = match text.parse() {
            Ok(number) => Some(OrderName::Number(number)),
            Err(_) => OrderKey::new(&text).ok().map(OrderName::Key),
        };
        let message = || format!("Order '{}' not found", shorten(&text));
        name.map(Self).ok_or_else(|| ApiError::new(ErrorCode::OrderNotFound, message()))
    }
}

/// The extra field in the path. What cannot be a key is that of no field.
pub(crate) struct ExtraFieldPath(pub(crate) ExtraFieldKey);

impl<S: Sync> FromRequestParts<S> for ExtraFieldPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let text = segment(parts.uri.path(), EXTRA_FIELD);
        let message = || format!("Extra field '{}' not found", shorten(&text));
        let key = ExtraFieldKey::new(&text);
        key.map(Self).map_err(|_| ApiError::new(ErrorCode::ExtraFieldNotFound, message()))
    }
}

/// The customer and the contact in the path.
pub(crate) struct ContactPath {
    pub(crate) customer: CustomerId,
    pub(crate) contact: ContactInPath,
}

/// A contact in a path.
pub(crate) enum ContactInPath {
    /// One that may exist.
    Id(ContactId),
    /// One with an id beyond the range, which does not exist; but its customer is looked at first.
    BeyondRange(ApiError),
}

impl<S: Sync> FromRequestParts<S> for ContactPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let path = parts.uri.path();
        let customer = customer(path)?;
        let text = segment(path, CONTACT);
        let contact = match text.parse() {
            Ok(id) => ContactInPath::Id(id),
            Err(IdError::NotDecimal) => return Err(not_decimal("contactId", &text)),
            Err(IdError::TooLarge { .. }) => ContactInPath::BeyondRange(ApiError::new(
                ErrorCode::CustomerContactNotFound,
                format!("Customer contact #{} not found", shorten(&text)),
            )),
        };
        Ok(Self { customer, contact })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_from_its_place() {
        assert_eq!(store("/api/v3/1003/customers").unwrap().get(), 1003);
        assert_eq!(store("/api/v3/%31003/").unwrap().get(), 1003);
        assert_eq!(customer("/api/v3/1003/customers/7/contacts").unwrap().get(), 7);
    }

    #[test]
    fn an_id_that_is_no_number_is_a_wrong_parameter() {
        for text in ["abc", "-1", "1.0", "%ff", "%20"] {
            let error = store(&format!("/api/v3/{text}/customers")).unwrap_err();
            assert_eq!(error.code(), ErrorCode::WrongParameter, "{text}");
        }
        let error = customer("/api/v3/1/customers/x").unwrap_err();
        assert_eq!(
            error.message(),
            "Wrong value 'x' of parameter 'customerId': it must be a decimal integer of at least 0"
        );
    }

    #[test]
    fn an_id_beyond_the_range_is_not_found() {
        assert_eq!(store("/api/v3/99999999999999999999/x").unwrap_err().code(), ErrorCode::StoreNotFound);
        let error = customer("/api/v3/1/customers/2147483648").unwrap_err();
        assert_eq!(
            (error.code(), error.message()),
            (ErrorCode::CustomerNotFound, "Customer #2147483648 not found")
        );
    }
}
