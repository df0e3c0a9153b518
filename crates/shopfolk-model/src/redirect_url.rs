//! Where a store owner is sent back to once an app was let in or refused.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::app_url::{InvalidAppUrl, parse_app_url};

/// What is encoded in a query: all but what RFC 3986 does not reserve. A space is no plus sign, which not everybody reads as one.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A URL that an app registered, or asks to have the store owner sent back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUrl(Url);

impl RedirectUrl {
    /// The URL in this text, in its normal form.
    ///
    /// # Errors
    /// When it is too long, is no `http` or `https` URL, or has a fragment, a user or a password.
    pub fn new(text: &str) -> Result<Self, InvalidAppUrl> {
        parse_app_url(text).map(Self)
    }

    /// Whether it begins with this registered one: the same origin, and what follows the same beginning. On the machine itself
    /// any port is the same, for programs take one that is free (RFC 8252, 7.3).
    pub fn begins_with(&self, registered: &Self) -> bool {
        let mut asked = self.0.clone();
        if registered.is_loopback() && asked.set_port(registered.0.port()).is_err() {
            return false;
        }
        asked.origin() == registered.0.origin() && asked.as_str().starts_with(registered.as_str())
    }

    /// Whether it is on the machine of the browser.
    fn is_loopback(&self) -> bool {
        self.0.scheme() == "http" && matches!(self.0.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
    }

    /// The URL with these added to its query, behind what is in it already.
    pub fn with(&self, added: &[(&str, &str)]) -> String {
        let mut url = self.0.clone();
        let mut query = url.query().map_or_else(String::new, str::to_owned);
        for (name, value) in added {
            if !query.is_empty() {
                query.push('&');
            }
            query.extend([name, "="]);
            query.extend(utf8_percent_encode(value, RESERVED));
        }
        url.set_query(Some(&query));
        url.into()
    }

    /// The origin, as a policy of a page names it: scheme, host and port.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The URL in its normal form.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for RedirectUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> RedirectUrl {
        RedirectUrl::new(text).unwrap()
    }

    #[test]
    fn what_begins_with_a_registered_url_is_at_the_same_origin() {
        let registered = url("https://app.example");
        for good in ["https://app.example", "https://app.example/cb?a=b", "https://APP.example:443/"] {
            assert!(url(good).begins_with(&registered), "{good}");
        }
        for bad in [
            "https://app.example.evil.example/",
            "http://app.example/",
            "https://app.example:8443/",
            "https://evil.example/https://app.example",
        ] {
            assert!(!url(bad).begins_with(&registered), "{bad}");
        }
        let page = url("https://blog.example/wp-admin/admin-post.php?action=connect");
        assert!(
            url("https://blog.example/wp-admin/admin-post.php?action=connect&store_id=7").begins_with(&page)
        );
        assert!(!url("https://blog.example/wp-admin/../other.php").begins_with(&page));
        assert!(!url("https://blog.example/wp-admin/%2e%2e/admin-post.php").begins_with(&page));
    }

    #[test]
    fn any_port_of_the_machine_itself_is_the_registered_one() {
        let registered = url("http://127.0.0.1/callback");
        assert!(url("http://127.0.0.1:49152/callback?a=b").begins_with(&registered));
        for bad in ["http://127.0.0.1:49152/", "https://127.0.0.1/callback", "http://localhost/callback"] {
            assert!(!url(bad).begins_with(&registered), "{bad}");
        }
        assert!(!url("http://app.example:81/").begins_with(&url("http://app.example/")));
    }

    #[test]
    fn answers_are_added_to_a_query_of_its_own() {
        let with = |text| url(text).with(&[("code", "a+b"), ("state", "x y&z=é")]);
        assert_eq!(with("https://a.example/cb"), "https://a.example/cb?code=a%2Bb&state=x%20y%26z%3D%C3%A9");
        assert_eq!(
            with("https://a.example/?p=1"),
            "https://a.example/?p=1&code=a%2Bb&state=x%20y%26z%3D%C3%A9"
        );
    }

    #[test]
    fn what_a_browser_must_not_be_sent_to_is_refused() {
        use InvalidAppUrl::*;
        let long = format!("https://a.example/{}", "a".repeat(2_048));
        for (text, error) in [
            ("", NoUrl),
            ("/cb", NoUrl),
            ("javascript:alert(1)", NoUrl),
            ("ftp://a.example/", NoUrl),
            ("https:\\\\a.example", NoUrl),
            ("https://a.example/\r\nSet-Cookie: a=b", NoUrl),
            ("https://a.example/#token", Fragment),
            ("https://user@a.example/", Credentials),
            ("https://:pass@a.example/", Credentials),
            (&long, TooLong),
        ] {
            assert_eq!(RedirectUrl::new(text), Err(error), "{text}");
        }
    }
}
