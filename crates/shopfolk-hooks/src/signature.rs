//! How a receiver knows that a webhook is from here: two signatures with the secret of its app.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shopfolk_model::{Timestamp, WebhookEventId};

/// The signature in `X-Ecwid-Webhook-Signature`: over the second of the event and its id. It covers neither the body nor when
/// it was sent.
pub fn ecwid_signature(secret: &[u8], event_created: Timestamp, event: WebhookEventId) -> String {
    sign(secret, &[event_created.unix_seconds().to_string().as_bytes(), b".", event.to_string().as_bytes()])
}

/// The signature in `webhook-signature`, by the Standard Webhooks: over the id, when it was sent, and the body.
pub fn standard_signature(secret: &[u8], event: WebhookEventId, sent: Timestamp, body: &[u8]) -> String {
    let (id, seconds) = (event.to_string(), sent.unix_seconds().to_string());
    format!("v1,{}", sign(secret, &[id.as_bytes(), b".", seconds.as_bytes(), b".", body]))
}

fn sign(secret: &[u8], parts: &[&[u8]]) -> String {
    // A key of any length is one of HMAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    for part in parts {
        mac.update(part);
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3d1ba4d5-4c6c-4c1b-9c3f-6cd8ee1f3f37";

    #[test]
    fn signatures_are_those_that_receivers_make_themselves() {
        let event: WebhookEventId = ID.parse().unwrap();
        let at = |seconds| Timestamp::from_unix_seconds(seconds).unwrap();
        // By `printf '1439791335.3d1b…' | openssl dgst -sha256 -hmac client_secret -binary | base64`.
        assert_eq!(ecwid_signature(b"client_secret", at(1_439_791_335), event), ECWID);
        // By the same over `3d1b….1614265330.{"test": 2432232314}`.
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(standard_signature(b"client_secret", event, at(1_614_265_330), body), STANDARD_WEBHOOKS);
    }

    const ECWID: &str = "D8U1f53/6DK7W5eaTShHyguNFYmKYfasNX4D5sAB45s=";
    const STANDARD_WEBHOOKS: &str = "v1,2bF8PBQsTNoG1U8qJsk3pBF6LfgIfGWPWqvsit19+Pg=";
}
