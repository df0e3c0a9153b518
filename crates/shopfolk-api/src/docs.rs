//! `/docs`: the interactive reference, made of `/openapi.json`.
//!
//! Everything that the page needs comes from this program: it works offline, and its content security policy keeps the
//! browser from asking anybody else.

use std::io::Read as _;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;

use crate::browsers::NO_SNIFFING;
use crate::compression;
use crate::error::ApiError;
use crate::frame::no_such_path;

/// A file of the page, as the build took it out of its archive.
struct DocsFile {
    name: &'static str,
    content_type: &'static str,
    /// The contents, as gzip.
    compressed: &'static [u8],
}

const FILES: &[DocsFile] = include!(concat!(env!("OUT_DIR"), "/docs_files.rs"));

const PAGE: &str = include_str!("docs/page.html");
const START: &str = include_str!("docs/start.js");
const STYLE_OF_HOME: &str = include_str!("docs/home.css");

const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The page of the interactive reference.
pub(crate) async fn get_docs() -> Response {
    answer("text/html; charset=utf-8", PAGE)
}

/// The scripts and styles of the page.
pub(crate) async fn get_docs_file(uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let name = uri.path().rsplit('/').next().unwrap_or_default();
    match name {
        "start.js" => return Ok(answer("text/javascript; charset=utf-8", START)),
        "home.css" => return Ok(answer("text/css; charset=utf-8", STYLE_OF_HOME)),
        _ => {}
    }
    let Some(file) = FILES.iter().find(|file| file.name == name) else {
        return Ok(no_such_path(&uri).into_response());
    };
    if compression::is_plainly_accepted(&headers) {
        let mut response = answer(file.content_type, file.compressed);
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return Ok(response);
    }
    let mut whole = Vec::new();
    GzDecoder::new(file.compressed).read_to_end(&mut whole).map_err(ApiError::internal)?;
    Ok(answer(file.content_type, whole))
}

/// Answers with a file, under the policy of the reference.
pub(crate) fn answer(content_type: &'static str, bytes: impl Into<Body>) -> Response {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
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
            assert!(name == "start.js" || FILES.iter().any(|file| file.name == name), "{name}");
        }
        assert!(PAGE.contains("/docs/swagger-ui-bundle.js"));
    }
}
