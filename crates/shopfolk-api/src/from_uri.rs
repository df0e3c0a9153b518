//! Parameters of handlers that are read from the address of a request alone.

/// Says how such parameters are read.
macro_rules! from_uri {
    ($($parameter:ty = |$uri:ident| $read:expr;)+) => {
        $(impl<S: Sync> axum::extract::FromRequestParts<S> for $parameter {
            type Rejection = $crate::error::ApiError;

            async fn from_request_parts(
                parts: &mut axum::http::request::Parts,
                _: &S,
            ) -> Result<Self, $crate::error::ApiError> {
                let $uri = &parts.uri;
                $read
            }
        })+
    };
}

pub(crate) use from_uri;
