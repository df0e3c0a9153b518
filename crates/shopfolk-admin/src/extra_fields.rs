//! The extra fields of customers.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use shopfolk_api::ApiError;
use shopfolk_model::{ExtraFieldKey, ExtraFieldTitle, ExtraFieldType, NewExtraField};
use shopfolk_operations::{CreateExtraField, ListExtraFields};
use shopfolk_store::Engine;

use crate::layout::{Layout, Section};
use crate::page::{Done, answer, done, problem};
use crate::page_error::PageError;
use crate::paths::ExtraFields;
use crate::visitor::{Asked, Sent, Visitor};

/// How many keys are drawn, of which the first that is free is taken.
const KEYS: usize = 4;

/// An extra field in the list.
pub(crate) struct ExtraFieldLine {
    pub(crate) title: String,
    pub(crate) key: String,
    pub(crate) kind: &'static str,
}

/// The list.
#[derive(Template)]
#[template(path = "extra_fields.html")]
pub(crate) struct ExtraFieldsPage {
    pub(crate) layout: Layout,
    pub(crate) path: ExtraFields,
    pub(crate) title: String,
    pub(crate) lines: Vec<ExtraFieldLine>,
}

/// Shows the list.
pub(crate) async fn show<E: Engine>(visitor: Visitor<E>, Asked(asked): Asked) -> Result<Response, PageError> {
    page(&visitor, |layout| layout.after(&asked), "", StatusCode::OK).await
}

async fn page<E: Engine>(
    visitor: &Visitor<E>,
    layout: impl FnOnce(Layout) -> Layout,
    title: &str,
    status: StatusCode,
) -> Result<Response, PageError> {
    let fields = visitor.read(ListExtraFields).await?.items;
    let line = |field: &shopfolk_model::ExtraField| ExtraFieldLine {
        title: field.title.to_string(),
        key: field.key.as_str().to_owned(),
        kind: if field.field_type == ExtraFieldType::DateTime { "Date" } else { "Text" },
    };
    let page = ExtraFieldsPage {
        layout: layout(Layout::new(visitor, Section::ExtraFields, "Extra fields")),
        path: ExtraFields {},
        title: title.to_owned(),
        lines: fields.iter().map(line).collect(),
    };
    answer(status, &page)
}

/// Creates an extra field of text.
pub(crate) async fn create<E: Engine>(Sent { visitor, form }: Sent<E>) -> Result<Response, PageError> {
    let title = form.get("title").unwrap_or_default();
    let said = ExtraFieldTitle::new(title).map_err(|error| ApiError::wrong_value("title", title, error));
    let created = match problem(said)? {
        Ok(title) => {
            let field_type = ExtraFieldType::default();
            let field = NewExtraField { title, field_type, shown_on_order_details: false };
            let keys = keys()?;
            problem(visitor.write(CreateExtraField { field, keys, now: visitor.now() }).await)?
        }
        Err(wrong) => Err(wrong),
    };
    match created {
        Ok(_) => done(ExtraFields {}, Done::ExtraFieldCreated),
        Err(wrong) => {
            page(&visitor, |layout| layout.with_problem(Some(wrong)), title, StatusCode::BAD_REQUEST).await
        }
    }
}

fn keys() -> Result<Vec<ExtraFieldKey>, ApiError> {
    let mut random = StdRng::try_from_rng(&mut SysRng).map_err(ApiError::internal)?;
    Ok((0..KEYS).map(|_| ExtraFieldKey::generate(&mut random)).collect())
}
