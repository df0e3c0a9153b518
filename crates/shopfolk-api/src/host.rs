//! For which host a request is. HTTP/1.1 has it say so once; in HTTP/2 the head itself does.

use axum::http::{HeaderMap, Version, header};

use crate::error::ApiError;

/// Refuses a request that says no host, or two: a proxy and this server could take different ones for it.
pub(crate) fn check_host(version: Version, headers: &HeaderMap) -> Result<(), ApiError> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if version == Version::HTTP_11 => Err(ApiError::wrong_parameter(
            "The header Host is missing: a request in HTTP/1.1 must have it once",
        )),
        (_, Some(_)) => {
            Err(ApiError::wrong_parameter("There is more than one header Host: a request must have it once"))
        }
        _ => Ok(()),
    }
}
