//! The OpenAPI document, made from the handlers.

use std::collections::BTreeMap;

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, Modify, OpenApi};

use crate::ErrorCode;
use crate::error::ErrorOut;

/// The OpenAPI 3.1 document of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Shopfolk",
        description = "The people of a shop: its customers and every way to reach them. Speaks the customers part of the \
                       Ecwid REST API v3."
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "Contacts", description = "The ways to reach a customer"),
        (name = "Customers", description = "The people of a store"),
        (name = "Customer groups", description = "The groups that customers are in"),
        (name = "Customer extra fields", description = "What a store keeps of its customers besides what every store does"),
        (name = "Orders", description = "What customers ordered, as far as customers need it"),
        (name = "Store", description = "The store itself"),
        (name = "Operating", description = "For those who run the server"),
    ),
    paths(
        crate::profile::get_profile,
        crate::customers::list_customers,
        crate::customers::list_customer_ids,
        crate::mass_change::update_customers,
        crate::customer_filters::get_customer_filters,
        crate::customer_filters::list_customer_locations,
        crate::customers::create_customer,
        crate::customers::get_customer,
        crate::customers::update_customer,
        crate::customers::delete_customer,
        crate::customers::list_deleted_customers,
        crate::contacts::create_contact,
        crate::contacts::list_contacts,
        crate::contacts::get_contact,
        crate::contacts::update_contact,
        crate::contacts::delete_contact,
        crate::groups::list_groups,
        crate::groups::create_group,
        crate::groups::get_group,
        crate::groups::update_group,
        crate::groups::delete_group,
        crate::extra_fields::list_extra_fields,
        crate::extra_fields::create_extra_field,
        crate::extra_fields::get_extra_field,
        crate::extra_fields::update_extra_field,
        crate::extra_fields::delete_extra_field,
        crate::orders::list_orders,
        crate::orders::create_order,
        crate::orders::get_order,
        crate::orders::delete_order,
        crate::orders::list_customer_products,
        crate::operating::get_health,
        crate::operating::get_readiness,
        crate::operating::get_metrics,
    ),
    components(schemas(ErrorOut)),
    modifiers(&TokenScheme),
)]
struct Document;

/// How a token is sent.
struct TokenScheme;

impl Modify for TokenScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("secret_… or public_…")
            .description(Some("A token of the store. The scopes that a call needs are listed with it."))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// What every call of the API can answer with.
pub(crate) struct CallErrors;

impl IntoResponses for CallErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        errors(&[400, 402, 403, 404, 408, 429, 500, 503])
    }
}

/// What calls with a body can answer with besides.
pub(crate) struct BodyErrors;

impl IntoResponses for BodyErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        errors(&[413, 415])
    }
}

/// What calls that change something can answer with besides.
pub(crate) struct ConflictErrors;

impl IntoResponses for ConflictErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        errors(&[409])
    }
}

fn errors(statuses: &[u16]) -> BTreeMap<String, RefOr<Response>> {
    let error = |status: u16| {
        let codes: Vec<_> = ErrorCode::ALL
            .iter()
            .filter(|code| code.status().as_u16() == status && !is_of_the_router(**code))
            .map(|code| code.name())
            .collect();
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).build();
        ResponseBuilder::new().description(codes.join(", ")).content("application/json", content).build()
    };
    statuses.iter().map(|&status| (status.to_string(), error(status).into())).collect()
}

/// Whether the code says that there is no such call, which no call says of itself.
const fn is_of_the_router(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::EndpointNotFound | ErrorCode::MethodNotAllowed)
}
