//! Where each page is. A path is said once: the router takes the template, links take the value, and what it names is read from
//! it.

use std::fmt;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use shopfolk_model::{ContactId, CustomerId, GroupId};

use crate::page_error::PageError;

macro_rules! paths {
    ($($(#[$meta:meta])* $path:ident { $($name:ident: $id:ty),* } = $template:literal;)+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy)]
            pub(crate) struct $path {
                $(pub(crate) $name: $id,)*
            }

            impl $path {
                pub(crate) const TEMPLATE: &'static str = $template;
            }

            impl fmt::Display for $path {
                fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    let Self { $($name,)* } = self;
                    write!(formatter, $template)
                }
            }

            impl<S: Send + Sync> FromRequestParts<S> for $path {
                type Rejection = PageError;

                async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
                    let named = RawPathParams::from_request_parts(parts, state).await;
                    let _named = named.map_err(|_| PageError::NotFound)?;
                    Ok(Self { $($name: id(&_named, stringify!($name))?,)* })
                }
            }
        )+

        /// The templates of all paths, for log and metrics.
        pub const TEMPLATES: &[&str] = &[$($path::TEMPLATE,)+];
    };
}

fn id<T: std::str::FromStr>(named: &RawPathParams, name: &str) -> Result<T, PageError> {
    let text = named.iter().find(|(of, _)| *of == name).map(|(_, text)| text);
    text.and_then(|text| text.parse().ok()).ok_or(PageError::NotFound)
}

paths! {
    /// How the store is doing.
    Home {} = "/admin";
    /// The style of all pages.
    Style {} = "/admin/style.css";
    /// What pages can do more with a script.
    Script {} = "/admin/script.js";
    /// Where an owner signs in.
    SignIn {} = "/admin/sign-in";
    /// Where an owner signs out.
    SignOut {} = "/admin/sign-out";
    /// The customers, and the creation of one.
    Customers {} = "/admin/customers";
    /// The form for a new customer.
    NewCustomer {} = "/admin/customers/new";
    /// What a change of many customers will do.
    ManyPlan {} = "/admin/customers/many";
    /// The change of many customers.
    ManyChange {} = "/admin/customers/many/change";
    /// A customer, and the change of one.
    Customer { customer: CustomerId } = "/admin/customers/{customer}";
    /// The deletion of a customer.
    CustomerDeletion { customer: CustomerId } = "/admin/customers/{customer}/delete";
    /// The contacts of a customer.
    Contacts { customer: CustomerId } = "/admin/customers/{customer}/contacts";
    /// The order of the contacts of a customer.
    ContactOrder { customer: CustomerId } = "/admin/customers/{customer}/contacts/order";
    /// A contact of a customer.
    Contact { customer: CustomerId, contact: ContactId } = "/admin/customers/{customer}/contacts/{contact}";
    /// The deletion of a contact.
    ContactDeletion { customer: CustomerId, contact: ContactId } = "/admin/customers/{customer}/contacts/{contact}/delete";
    /// The groups, and the creation of one.
    Groups {} = "/admin/groups";
    /// A group.
    Group { group: GroupId } = "/admin/groups/{group}";
    /// The deletion of a group.
    GroupDeletion { group: GroupId } = "/admin/groups/{group}/delete";
    /// The extra fields, and the creation of one.
    ExtraFields {} = "/admin/extra-fields";
    /// The orders.
    Orders {} = "/admin/orders";
    /// Apps, their tokens, and what they were told.
    Apps {} = "/admin/apps";
}

/// Whatever else could be a page.
pub(crate) const NOWHERE: &str = "/admin/{*path}";
