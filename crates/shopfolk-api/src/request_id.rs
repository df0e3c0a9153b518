//! The id of a request, by which a caller and an operator talk about it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header of every answer.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_ECWID_API_REQUEST_ID: HeaderName = HeaderName::from_static("x-ecwid-api-request-id");

const MAXIMUM_LENGTH: usize = 64;

/// Makes ids: a prefix that no other process has, and a number. They need to differ, not to be hard to guess.
pub(crate) struct RequestIds {
    prefix: u64,
    next: AtomicU64,
}

impl RequestIds {
    /// Those of this process.
    pub(crate) fn of_process() -> &'static Self {
        static IDS: LazyLock<RequestIds> = LazyLock::new(RequestIds::new);
        &IDS
    }

    fn new() -> Self {
        // The random keys of a hasher are as good a source as any for telling two processes apart.
        Self { prefix: RandomState::new().build_hasher().finish() >> 16, next: AtomicU64::new(1) }
    }

    /// The caller's own id, if it sent a sane one, or else a new one.
    pub(crate) fn of(&self, headers: &HeaderMap) -> HeaderValue {
        let sent = [X_ECWID_API_REQUEST_ID, X_REQUEST_ID]
            .into_iter()
            .find_map(|name| headers.get(name).filter(|value| is_sane(value.as_bytes())).cloned());
        // OK because letters, digits and a dash are always a header value.
        let new = || HeaderValue::try_from(self.new_id()).unwrap_or(HeaderValue::from_static("unknown"));
        sent.unwrap_or_else(new)
    }

    /// A new one.
    pub(crate) fn new_id(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("{:012x}-{number:x}", self.prefix)
    }
}

fn is_sane(id: &[u8]) -> bool {
    (1..=MAXIMUM_LENGTH).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(headers: &[(HeaderName, &str)]) -> String {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect();
        RequestIds::new().of(&headers).to_str().unwrap().to_owned()
    }

    #[test]
    fn the_id_of_the_caller_is_kept_if_it_is_sane() {
        assert_eq!(id(&[(X_REQUEST_ID, "a-B_9")]), "a-B_9");
        assert_eq!(id(&[(X_REQUEST_ID, "b"), (X_ECWID_API_REQUEST_ID, "a")]), "a");
        assert_eq!(id(&[(X_REQUEST_ID, "b"), (X_ECWID_API_REQUEST_ID, "a b")]), "b");
        let longest = "a".repeat(64);
        assert_eq!(id(&[(X_REQUEST_ID, &longest)]), longest);
        for insane in [&"a".repeat(65), "", "a b", "a\"", "<a>"] {
            assert!(id(&[(X_REQUEST_ID, insane)]).ends_with("-1"), "{insane}");
        }
    }

    #[test]
    fn new_ids_differ() {
        let ids = RequestIds::new();
        assert_ne!(ids.of(&HeaderMap::new()), ids.of(&HeaderMap::new()));
        assert_ne!(id(&[]), id(&[]));
    }
}
