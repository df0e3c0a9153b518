//! What every URL that an app registers has to be.

use url::Url;

/// The most bytes of a URL.
pub(crate) const MAXIMUM_URL_LENGTH: usize = 2_048;

/// The text is no URL that an app can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAppUrl {
    /// It is too long.
    #[error("must be at most {MAXIMUM_URL_LENGTH} bytes long")]
    TooLong,
    /// It is no URL.
    #[error("must be a URL that begins with https:// or http://")]
    NoUrl,
    /// It has a fragment, which OAuth does not allow and no request carries.
    #[error("must not have a fragment (#…)")]
    Fragment,
    /// It has a user or a password.
    #[error("must not have a user or a password")]
    Credentials,
    /// Webhooks are not sent to that port.
    #[error("must have port 80, 443 or one from 1024 on")]
    Port,
}

/// The URL in this text, in its normal form: dots in its path are resolved and its host is in lower case.
pub(crate) fn parse_app_url(text: &str) -> Result<Url, InvalidAppUrl> {
    if text.len() > MAXIMUM_URL_LENGTH {
        return Err(InvalidAppUrl::TooLong);
    }
    // What a parser passes over must not be in what is compared.
    if text.chars().any(|letter| letter.is_control() || letter.is_whitespace() || letter == '\\') {
        return Err(InvalidAppUrl::NoUrl);
    }
    let url = Url::parse(text).map_err(|_| InvalidAppUrl::NoUrl)?;
    if !matches!(url.scheme(), "http" | "https") {
        Err(InvalidAppUrl::NoUrl)
    } else if url.fragment().is_some() {
        Err(InvalidAppUrl::Fragment)
    } else if !url.username().is_empty() || url.password().is_some() {
        Err(InvalidAppUrl::Credentials)
    } else if url.as_str().len() > MAXIMUM_URL_LENGTH {
        Err(InvalidAppUrl::TooLong)
    } else {
        Ok(url)
    }
}
