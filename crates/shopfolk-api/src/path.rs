//! The ids in a path.
//!
//! They are read from their places in the path when a handler asks for them, so that the store is looked at before
//! anything else, and the customer before the contact.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use serde_json::Value;
use shopfolk_model::{
    ContactId, CustomerId, ExtraFieldKey, GroupId, IdError, OrderKey, StoreId, WebhookAttemptId,
};
use shopfolk_operations::OrderName;
use utoipa::PartialSchema;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};

use crate::error::{ApiError, ErrorCode, shorten};
use crate::from_uri::from_uri;

/// A parameter of paths.
struct PathParameter {
    name: &'static str,
    /// Its place between the slashes of a path: the text before the first slash is number 0.
    segment: usize,
    description: &'static str,
    /// Of a number, digits.
    example: &'static str,
}

const fn parameter(
    name: &'static str,
    segment: usize,
    description: &'static str,
    example: &'static str,
) -> PathParameter {
    PathParameter { name, segment, description, example }
}

const STORE: PathParameter = parameter("storeId", 3, "The store", "1003");
const CUSTOMER: PathParameter = parameter("customerId", 5, "The customer", "177737165");
const CONTACT: PathParameter = parameter("contactId", 7, "The contact", "113861381");
const GROUP: PathParameter = parameter("groupId", 5, "The group", "9367001");
const ORDER: PathParameter = parameter("orderId", 5, "The key or the internal number of the order", "EG4H2");
const ATTEMPT: PathParameter = parameter("attemptId", 6, "The attempt", "17");
const EXTRA_FIELD: PathParameter = parameter("key", 6, "The key of the field", "6r0fUGw");

impl PathParameter {
    /// Its text in a path.
    fn of<'a>(&self, path: &'a str) -> Cow<'a, str> {
        percent_decode_str(path.split('/').nth(self.segment).unwrap_or_default()).decode_utf8_lossy()
    }

    /// What the OpenAPI document says of it.
    fn documented(&self) -> Parameter {
        let (schema, example) = match self.example.parse::<u64>() {
            Ok(number) => (i64::schema(), Value::from(number)),
            Err(_) => (String::schema(), Value::from(self.example)),
        };
        ParameterBuilder::new()
            .name(self.name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some(self.description))
            .schema(Some(schema))
            .example(Some(example))
            .build()
    }
}

/// The parameters of a path with this template in the OpenAPI document.
pub(crate) fn documented(template: &str) -> impl Iterator<Item = Parameter> {
    let is_named = |parameter: &&PathParameter, segment: &str| {
        segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) == Some(parameter.name)
    };
    let all = [&STORE, &CUSTOMER, &CONTACT, &GROUP, &ORDER, &EXTRA_FIELD, &ATTEMPT];
    all.into_iter()
        .filter(move |parameter| {
            template.split('/').nth(parameter.segment).is_some_and(|it| is_named(parameter, it))
        })
        .map(PathParameter::documented)
}

/// The id in a path; one beyond the range is that of nothing.
fn id<T: FromStr<Err = IdError>>(
    parameter: &PathParameter,
    path: &str,
    beyond_range: impl FnOnce(&str) -> ApiError,
) -> Result<T, ApiError> {
    let text = parameter.of(path);
    text.parse().map_err(|error| match error {
        IdError::NotDecimal => ApiError::wrong_value(parameter.name, &text, error),
        IdError::TooLarge { .. } => beyond_range(&shorten(&text)),
    })
}

/// The store in a path.
pub(crate) fn store(path: &str) -> Result<StoreId, ApiError> {
    id(&STORE, path, |_| ApiError::new(ErrorCode::StoreNotFound, "Store not found"))
}

/// The store in a path of OAuth.
pub(crate) fn oauth_store(path: &str) -> Result<StoreId, ApiError> {
    const OAUTH_STORE: PathParameter = parameter("storeId", 4, "The store", "1003");
    id(&OAUTH_STORE, path, |_| ApiError::new(ErrorCode::StoreNotFound, "Store not found"))
}

/// The customer in the path.
#[derive(Debug)]
pub(crate) struct CustomerPath(pub(crate) CustomerId);

impl CustomerPath {
    fn of(path: &str) -> Result<Self, ApiError> {
        let not_found =
            |id: &str| ApiError::new(ErrorCode::CustomerNotFound, format!("Customer #{id} not found"));
        id(&CUSTOMER, path, not_found).map(Self)
    }
}

/// The customer group in the path.
pub(crate) struct GroupPath(pub(crate) GroupId);

/// The order in the path, by its key or number. What can be neither is that of no order.
pub(crate) struct OrderPath(pub(crate) OrderName);

/// The extra field in the path. What cannot be a key is that of no field.
pub(crate) struct ExtraFieldPath(pub(crate) ExtraFieldKey);

/// The attempt to tell an app of an event in the path.
pub(crate) struct AttemptPath(pub(crate) WebhookAttemptId);

/// There is no such attempt, or none that the caller may see.
pub(crate) fn attempt_not_found(id: impl fmt::Display) -> ApiError {
    ApiError::new(ErrorCode::WebhookAttemptNotFound, format!("Webhook attempt #{id} not found"))
}

/// The customer and the contact in the path.
pub(crate) struct ContactPath {
    pub(crate) customer: CustomerId,
    /// An id beyond the range is that of no contact; but its customer is looked at first.
    pub(crate) contact: Result<ContactId, ApiError>,
}

from_uri! {
    CustomerPath = |uri| Self::of(uri.path());
    GroupPath = |uri| {
        let not_found = |id: &str| {
            ApiError::new(ErrorCode::CustomerGroupNotFound, format!("Customer group #{id} not found"))
        };
        id(&GROUP, uri.path(), not_found).map(Self)
    };
    AttemptPath = |uri| id(&ATTEMPT, uri.path(), |id| attempt_not_found(id)).map(Self);
    OrderPath = |uri| {
        let text = ORDER.of(uri.path());
        let number = text.parse().map(OrderName::Number);
        let name = number.ok().or_else(|| OrderKey::new(&text).ok().map(OrderName::Key));
        let message = || format!("Order '{}' not found", shorten(&text));
        name.map(Self).ok_or_else(|| ApiError::new(ErrorCode::OrderNotFound, message()))
    };
    ExtraFieldPath = |uri| {
        let text = EXTRA_FIELD.of(uri.path());
        let message = || format!("Extra field '{}' not found", shorten(&text));
        let key = ExtraFieldKey::new(&text);
        key.map(Self).map_err(|_| ApiError::new(ErrorCode::ExtraFieldNotFound, message()))
    };
    ContactPath = |uri| {
        let CustomerPath(customer) = CustomerPath::of(uri.path())?;
        let not_found = |id: &str| {
            ApiError::new(ErrorCode::CustomerContactNotFound, format!("Customer contact #{id} not found"))
        };
        match id(&CONTACT, uri.path(), not_found) {
            Err(error) if error.code() == ErrorCode::WrongParameter => Err(error),
            contact => Ok(Self { customer, contact }),
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_from_its_place() {
        assert_eq!(store("/api/v3/1003/customers").unwrap().get(), 1003);
        assert_eq!(store("/api/v3/%31003/").unwrap().get(), 1003);
        assert_eq!(CustomerPath::of("/api/v3/1003/customers/7/contacts").unwrap().0.get(), 7);
    }

    #[test]
    fn an_id_that_is_no_number_is_a_wrong_parameter() {
        for text in ["abc", "-1", "1.0", "%ff", "%20"] {
            let error = store(&format!("/api/v3/{text}/customers")).unwrap_err();
            assert_eq!(error.code(), ErrorCode::WrongParameter, "{text}");
        }
        let error = CustomerPath::of("/api/v3/1/customers/x").unwrap_err();
        assert_eq!(
            error.message(),
            "Wrong value 'x' of parameter 'customerId': it must be a decimal integer of at least 0"
        );
    }

    #[test]
    fn an_id_beyond_the_range_is_not_found() {
        assert_eq!(store("/api/v3/99999999999999999999/x").unwrap_err().code(), ErrorCode::StoreNotFound);
        let error = CustomerPath::of("/api/v3/1/customers/2147483648").unwrap_err();
        assert_eq!(
            (error.code(), error.message()),
            (ErrorCode::CustomerNotFound, "Customer #2147483648 not found")
        );
    }
}
