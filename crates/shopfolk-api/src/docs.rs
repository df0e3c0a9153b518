//! `/docs`: the interactive reference, made of `/openapi.json`.
//!
//! Everything that the page needs comes from this program: it works offline, and its content security policy keeps the
//! browser from asking anybody else.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use utoipa_swagger_ui::Config;

use crate::browsers::NO_SNIFFING;
use crate::error::ApiError;
use crate::frame::no_such_path;

const PAGE: &str = include_str!("docs/page.html");
const START: &str = include_str!("docs/start.js");

const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The page of the interactive reference.
pub(crate) async fn get_docs() -> Response {
    file("text/html; charset=utf-8", PAGE)
}

/// The scripts and styles of the page.
pub(crate) async fn get_docs_file(uri: Uri) -> Response {
    let name = uri.path().rsplit('/').next().unwrap_or_default();
    if name == "start.js" {
        return file("text/javascript; charset=utf-8", START);
    }
    // Its own page is not ours, which works without asking any other host.
    let found = match name {
        "index.html" | "oauth2-redirect.html" | "swagger-initializer.js" => Ok(None),
        name => utoipa_swagger_ui::serve(name, Arc::new(Config::from("/openapi.json"))),
    };
    match found {
        Ok(Some(found)) => file(&found.content_type, found.bytes.into_owned()),
        Ok(None) => no_such_path(&uri).into_response(),
        Err(error) => ApiError::internal(error.to_string()).into_response(),
    }
}

fn file(content_type: &str, bytes: impl Into<Body>) -> Response {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::from_str(content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    headers.extend([NO_SNIFFING]);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_no_other_host() {
        for text in [PAGE, START] {
            assert!(!text.contains("://") && !text.contains("\"//"), "{text}");
        }
    }

    #[test]
    fn every_file_that_the_page_names_is_there() {
        for name in PAGE.split('"').filter_map(|text| text.strip_prefix("/docs/")) {
            let found = utoipa_swagger_ui::serve(name, Arc::new(Config::from("/openapi.json"))).unwrap();
            assert!(name == "start.js" || found.is_some(), "{name}");
        }
        assert!(PAGE.contains("/docs/swagger-ui-bundle.js"));
    }
}
