//! Why there is no page, as a page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use shopfolk_api::owners::see_other;

use crate::page::answer;
use crate::page_error::PageError;
use crate::paths::{Home, SignIn, Style};

/// A page that says why there is no other.
#[derive(Template)]
#[template(path = "refusal.html")]
pub(crate) struct RefusalPage<'a> {
    pub(crate) style: Style,
    pub(crate) home: Home,
    pub(crate) title: &'a str,
    pub(crate) message: &'a str,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, title, message) = match &self {
            Self::NotFound => (StatusCode::NOT_FOUND, "There is no such page", "It may have been deleted."),
            Self::NotOurForm => (
                StatusCode::FORBIDDEN,
                "This form is too old",
                "Nothing was changed. Go back, load the page again, and send the form once more.",
            ),
            Self::NotOnThisMachine => (
                StatusCode::FORBIDDEN,
                "The demo is for this machine alone",
                "Open it as http://localhost or http://127.0.0.1, with the port of the server.",
            ),
            Self::SignIn { next } => {
                let query =
                    form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
                return see_other(&format!("{}?{query}", SignIn {}))
                    .unwrap_or_else(IntoResponse::into_response);
            }
            Self::Api(error) if error.code().status() == StatusCode::NOT_FOUND => {
                (StatusCode::NOT_FOUND, "There is no such page", error.message())
            }
            Self::Api(error) if error.code().status().is_client_error() => {
                (error.code().status(), "That cannot be done", error.message())
            }
            Self::Api(error) if error.code().status() == StatusCode::SERVICE_UNAVAILABLE => {
                (error.code().status(), "Try again soon", error.message())
            }
            // The cause goes to the log with the answer.
            Self::Api(_) => {
                let Self::Api(error) = self else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
                return error.into_response();
            }
        };
        let page = RefusalPage { style: Style {}, home: Home {}, title, message };
        answer(status, &page).unwrap_or_else(|error| match error {
            Self::Api(error) => error.into_response(),
            _ => status.into_response(),
        })
    }
}
