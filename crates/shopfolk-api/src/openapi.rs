//! What the OpenAPI document says of the API as a whole. The calls come from the route table.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::error_answer::ErrorOut;

/// The document before the first call.
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
    components(schemas(ErrorOut)),
    modifiers(&TokenScheme),
)]
pub(crate) struct Document;

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
