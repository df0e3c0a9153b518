//! How a page is answered.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use shopfolk_api::owners::{html_page, see_other};
use shopfolk_api::{ApiError, ErrorCode};

use crate::page_error::PageError;

/// Everything comes from this program, no script or style stands in a page, and no other page frames it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Answers with a page.
pub(crate) fn answer(status: StatusCode, page: &impl Template) -> Result<Response, PageError> {
    let html = page.render().map_err(ApiError::internal)?;
    Ok(html_page(status, html, CONTENT_SECURITY_POLICY)?)
}

/// Goes on to another page after something was done, and says so there.
pub(crate) fn done(path: impl std::fmt::Display, done: Done) -> Result<Response, PageError> {
    Ok(see_other(&format!("{path}?done={}", done.name()))?)
}

/// What of a refusal a form says above itself; other errors end in a page of their own.
pub(crate) fn problem<T>(outcome: Result<T, impl Into<ApiError>>) -> Result<Result<T, String>, PageError> {
    match outcome.map_err(Into::into) {
        Ok(value) => Ok(Ok(value)),
        Err(error) => match error.code() {
            ErrorCode::WrongParameter | ErrorCode::ConstraintViolation | ErrorCode::ExternalIdAlreadyUsed => {
                Ok(Err(error.message().to_owned()))
            }
            _ => Err(error.into()),
        },
    }
}

macro_rules! done {
    ($($variant:ident = $name:literal $says:literal;)+) => {
        /// What was done, as the next page says it.
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum Done {
            $(#[doc = $says] $variant,)+
        }

        impl Done {
            const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What a page says for this name.
            pub(crate) fn says(name: &str) -> Option<&'static str> {
                match name {
                    $($name => Some($says),)+
                    _ => None,
                }
            }
        }
    };
}

done! {
    CustomerCreated = "customer-created" "The customer was created.";
    CustomerSaved = "customer-saved" "The customer was saved.";
    CustomerDeleted = "customer-deleted" "The customer was deleted.";
    CustomersChanged = "customers-changed" "The customers were changed.";
    CustomersDeleted = "customers-deleted" "The customers were deleted.";
    ContactAdded = "contact-added" "The contact was added.";
    ContactThere = "contact-there" "This contact was there already; nothing was added.";
    ContactSaved = "contact-saved" "The contact was saved.";
    ContactDeleted = "contact-deleted" "The contact was deleted.";
    ContactsOrdered = "contacts-ordered" "The contacts are in their new order.";
    GroupCreated = "group-created" "The group was created.";
    GroupSaved = "group-saved" "The group was saved.";
    GroupDeleted = "group-deleted" "The group was deleted. Its customers are in the group General.";
    ExtraFieldCreated = "extra-field-created" "The extra field was created.";
}
