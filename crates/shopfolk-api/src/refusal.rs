//! Why an operation or the storage refused a call, as the caller is told. It is said here and nowhere else.

use std::fmt;

use shopfolk_model::{ContactRuleError, ExtraFieldRuleError, GroupRuleError};
use shopfolk_operations::{OperationError, StopReason};
use shopfolk_store::StoreError;

use crate::error::{ApiError, ErrorCode, shorten};

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { reason } => cannot_take_the_call(reason),
            StoreError::Disk { reason, source } => {
                // Commits are told of in the log by the engine, once for all of them; this is a read, or one write alone.
                tracing::error!(error = %source, "the storage failed a call: {reason}");
                cannot_take_the_call(reason)
            }
            StoreError::OutcomeUnknown => Self::unavailable(
                "The storage failed during the write, and whether the write was done could not be found out: look before \
                 you try again",
            ),
            StoreError::Conflict { .. } => Self::new(
                ErrorCode::ConstraintViolation,
                "The change conflicts with another one that came first: look at what is there now",
            ),
            StoreError::Damaged(_) | StoreError::OutOfIds { .. } | StoreError::Database { .. } => {
                Self::internal(error)
            }
        }
    }
}

fn cannot_take_the_call(reason: &str) -> ApiError {
    ApiError::unavailable(format!("The storage cannot take the call now: {reason}. Try again soon"))
}

impl From<ContactRuleError> for ApiError {
    fn from(error: ContactRuleError) -> Self {
        match error {
            ContactRuleError::NotAnEmailAddress { contact } => {
                not_an_email_address("contact", contact.as_str())
            }
            ContactRuleError::Unknown { .. } | ContactRuleError::Twice { .. } => {
                Self::wrong_parameter(format!("Wrong value of parameter 'contacts': {error}"))
            }
            ContactRuleError::LeftOut { .. } | ContactRuleError::InExcess { .. } => {
                Self::wrong_parameter(format!("Wrong value of parameter 'ids': {error}"))
            }
            ContactRuleError::Full => Self::new(
                ErrorCode::ConstraintViolation,
                format!(
                    "A customer can have at most {} contacts, this one has that many",
                    shopfolk_model::MAXIMUM_CONTACTS
                ),
            ),
            ContactRuleError::AlreadyThere { id, address } => Self::new(
                ErrorCode::ConstraintViolation,
                format!(
                    "The customer already has this contact: {} '{}' is contact #{id}",
                    address.contact_type(),
                    shorten(address.contact().as_str())
                ),
            ),
        }
    }
}

/// The text of an EMAIL contact is none.
pub(crate) fn not_an_email_address(parameter: impl fmt::Display, contact: &str) -> ApiError {
    let expected = "must be a valid e-mail address, because the contact is of type EMAIL";
    ApiError::wrong_value(parameter, contact, expected)
}

impl From<OperationError> for ApiError {
    fn from(error: OperationError) -> Self {
        let code = match error {
            OperationError::ContactRule(error) => return error.into(),
            OperationError::AddressRule(error) => {
                return Self::wrong_parameter(format!(
                    "Wrong value of parameter 'shippingAddresses': {error}"
                ));
            }
            OperationError::UnknownGroup { .. } => {
                return Self::wrong_parameter(format!("Wrong value of parameter 'customerGroupId': {error}"));
            }
            OperationError::GroupRule(ref rule) => match rule {
                GroupRuleError::BuiltIn => ErrorCode::WrongParameter,
                GroupRuleError::ExternalReferenceInUse { .. } => ErrorCode::ExternalIdAlreadyUsed,
                GroupRuleError::NameInUse { .. } | GroupRuleError::Full => ErrorCode::ConstraintViolation,
            },
            OperationError::ExtraFieldRule(ref rule) => match rule {
                ExtraFieldRuleError::Unknown { .. }
                | ExtraFieldRuleError::Unnamed
                | ExtraFieldRuleError::NoDate { .. } => {
                    return Self::wrong_parameter(format!("Wrong value of parameter 'extrafields': {error}"));
                }
                ExtraFieldRuleError::TitleInUse { .. }
                | ExtraFieldRuleError::KeyInUse { .. }
                | ExtraFieldRuleError::ValuesDoNotFit { .. }
                | ExtraFieldRuleError::Full => ErrorCode::ConstraintViolation,
            },
            OperationError::Stopped { reason, changed } => {
                return stopped(
                    reason,
                    &format!("{changed} customers were changed or deleted until then, and stay so"),
                );
            }
            OperationError::ReplayStopped { reason, replayed } => {
                return stopped(
                    reason,
                    &format!("{replayed} events that were found until then are sent again"),
                );
            }
            OperationError::Store(error) => return error.into(),
            // Somebody else was faster: the token that the caller showed is gone.
            OperationError::TokenNotFound { .. } | OperationError::AppNotInstalled { .. } => {
                ErrorCode::InvalidApiToken
            }
            OperationError::AppLacksScope { .. } => ErrorCode::InsufficientAppScope,
            // No call of the API creates stores, tokens, apps or owners.
            OperationError::StoreExists { .. }
            | OperationError::TokenExists
            | OperationError::AppExists { .. }
            | OperationError::AppRule(_)
            | OperationError::OwnerNotFound { .. }
            | OperationError::OwnerExists { .. }
            | OperationError::TooManyOwners => return Self::internal(error),
            OperationError::StoreNotFound { .. } | OperationError::StoreIsGone => ErrorCode::StoreNotFound,
            OperationError::CustomerNotFound { .. } => ErrorCode::CustomerNotFound,
            OperationError::ContactNotFound { .. } => ErrorCode::CustomerContactNotFound,
            OperationError::UnknownCustomer { .. } => {
                return Self::wrong_parameter(format!("Wrong value of parameter 'customerId': {error}"));
            }
            OperationError::NobodyOrdered => {
                return Self::wrong_parameter(
                    "Parameter 'email' is missing: an order must have an email or a customerId",
                );
            }
            OperationError::BuyerWithoutEmail { .. } => {
                return Self::wrong_parameter(format!("Parameter 'email' is missing: {error}"));
            }
            OperationError::AppNotFound { .. }
            | OperationError::ProfileTooLarge(_)
            | OperationError::EmailMissing
            | OperationError::Unreachable
            | OperationError::TooManyContactsToMatch => ErrorCode::WrongParameter,
            OperationError::NoOrderKey => {
                return Self::unavailable("No free key was found for the order: try again");
            }
            OperationError::TooManyBatches => {
                return Self::new(ErrorCode::RateLimited, error.to_string()).retry_after(5);
            }
            OperationError::BatchIsOver => ErrorCode::ConstraintViolation,
            OperationError::BatchNotFound { .. } => ErrorCode::BatchNotFound,
            OperationError::OrderNotFound { .. } => ErrorCode::OrderNotFound,
            OperationError::GroupNotFound { .. } => ErrorCode::CustomerGroupNotFound,
            OperationError::ExtraFieldNotFound { .. } => ErrorCode::ExtraFieldNotFound,
            OperationError::EmailInUse { .. } | OperationError::SalesTooLarge => {
                ErrorCode::ConstraintViolation
            }
            OperationError::ExternalReferenceInUse { .. } => ErrorCode::ExternalIdAlreadyUsed,
        };
        Self::new(code, error.to_string())
    }
}

/// A walk was stopped between two portions.
fn stopped(reason: StopReason, done: &str) -> ApiError {
    let so_far = format!("{done}. It is safe to repeat: the same request again does the rest");
    match reason {
        StopReason::TimeIsUp => {
            ApiError::new(ErrorCode::Timeout, format!("The request was not served in time. {so_far}"))
        }
        StopReason::ShuttingDown => ApiError::unavailable(format!("The server is shutting down. {so_far}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stopped_walk_says_how_far_it_came() {
        for (reason, code) in
            [(StopReason::TimeIsUp, ErrorCode::Timeout), (StopReason::ShuttingDown, ErrorCode::Unavailable)]
        {
            let error = ApiError::from(OperationError::Stopped { reason, changed: 7 });
            assert_eq!(error.code(), code);
            assert!(error.message().contains("7 customers were changed or deleted until then"), "{error}");
        }
    }

    #[test]
    fn a_conflict_in_the_database_is_the_callers_to_solve() {
        let error = ApiError::from(StoreError::Conflict { rule: "contacts_key".to_owned() });
        assert_eq!(error.code(), ErrorCode::ConstraintViolation);
        assert!(!error.message().contains("contacts_key"));
    }
}
