//! What the OpenAPI document says of the API as a whole. The calls come from the route table.

use utoipa::openapi::RefOr;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::answer::DAMAGED;
use crate::error_answer::{ErrorOut, errors};
use crate::parameters;
use crate::path;
use crate::query;

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
        (name = "Batches", description = "Requests that are sent together and run one after the other"),
        (name = "Webhooks", description = "What apps were told, and telling it again: beyond the published API"),
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

/// Adds what follows from what a call is: the parameters in its path, `responseFields` of what is read, and the errors.
pub(crate) fn complete(document: &mut utoipa::openapi::OpenApi) {
    let of_stores = document.paths.paths.iter_mut().filter(|(template, _)| template.starts_with("/api/"));
    for (template, calls) in of_stores {
        if let Some(read) = &mut calls.get {
            complete_call(template, read);
            read.parameters.get_or_insert_default().push(query::response_fields_parameter().into());
            tell_of_damage(read);
            tell_of_unsupported(template, read);
        }
        for write in [&mut calls.post, &mut calls.put, &mut calls.delete].into_iter().flatten() {
            complete_call(template, write);
            write.responses.responses.extend(errors(&[409]));
        }
    }
}

/// Says which published parameters are refused.
fn tell_of_unsupported(template: &str, read: &mut Operation) {
    let names = parameters::unsupported(template);
    if !names.is_empty() {
        let about = read.description.take().unwrap_or_default();
        let refused = format!(
            "Parameters of the published API that are not supported, and refused: {}.",
            names.join(", ")
        );
        read.description = Some(format!("{about}\n\n{refused}").trim().to_owned());
    }
}

/// Adds the header that says how many rows are left out of the answer.
fn tell_of_damage(read: &mut Operation) {
    if let Some(RefOr::T(found)) = read.responses.responses.get_mut("200") {
        let count = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        let header = HeaderBuilder::new().schema(Some(count)).description(Some(
            "How many rows are left out of the answer, because they cannot be read. Missing where there are none.",
        ));
        found.headers.insert(DAMAGED.as_str().to_owned(), header.build().into());
    }
}

fn complete_call(template: &str, call: &mut Operation) {
    let in_query = call.parameters.take().unwrap_or_default();
    call.parameters = Some(path::documented(template).map(Into::into).chain(in_query).collect());
    call.responses.responses.extend(errors(&[400, 402, 403, 404, 408, 429, 500, 503]));
    if call.request_body.is_some() {
        call.responses.responses.extend(errors(&[413, 415]));
    }
}
