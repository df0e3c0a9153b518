//! The key under which client secrets are kept: with it, secrets can be used to sign, and without it, a database, a copy or an
//! export of it tells none of them.

use std::fmt;
use std::sync::Arc;

use rand::CryptoRng;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use shopfolk_model::{AppId, ClientSecret, SealedSecret};

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key must be {} hexadecimal digits, such as 'openssl rand -hex 32' makes", SecretKey::DIGITS)]
pub struct InvalidSecretKey;

/// A secret cannot be sealed or opened with this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client secret was sealed with another key")]
pub struct WrongSecretKey;

/// There is no key: why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoSecretKey(pub String);

/// A key of 256 bits. Never printed.
#[derive(Clone, Copy)]
pub struct SecretKey([u8; 32]);

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKey(…)")
    }
}

impl SecretKey {
    const DIGITS: usize = 64;

    /// A new key.
    pub fn generate<R: CryptoRng + ?Sized>(random: &mut R) -> Self {
        let mut key = [0; 32];
        random.fill_bytes(&mut key);
        Self(key)
    }

    /// The key in this text.
    ///
    /// # Errors
    /// When it is not made of 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, InvalidSecretKey> {
        let text = text.trim();
        if text.len() != Self::DIGITS || !text.is_ascii() {
            return Err(InvalidSecretKey);
        }
        let mut key = [0; 32];
        for (byte, place) in key.iter_mut().zip((0..Self::DIGITS).step_by(2)) {
            *byte = u8::from_str_radix(&text[place..place + 2], 16).map_err(|_| InvalidSecretKey)?;
        }
        Ok(Self(key))
    }

    /// The key as text, for the file that keeps it alone.
    pub fn reveal_hex(&self) -> String {
        let digit = |number: u8| char::from_digit(number.into(), 16).unwrap_or_default();
        self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect()
    }

    /// Seals the secret of an app. It opens for this app alone.
    ///
    /// # Errors
    /// When the secret is not as long as those that are made here.
    pub fn seal<R: CryptoRng + ?Sized>(
        &self,
        app: AppId,
        secret: &ClientSecret,
        random: &mut R,
    ) -> Result<SealedSecret, WrongSecretKey> {
        let mut nonce = [0; NONCE_LEN];
        random.fill_bytes(&mut nonce);
        let mut sealed = secret.reveal().as_bytes().to_vec();
        let (key, about) = (self.cipher()?, Aad::from(app.get().to_be_bytes()));
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), about, &mut sealed)
            .map_err(|_| WrongSecretKey)?;
        SealedSecret::from_stored(&[&nonce[..], &sealed].concat()).map_err(|_| WrongSecretKey)
    }

    /// Opens the secret of an app.
    ///
    /// # Errors
    /// When it was sealed with another key or for another app, or was damaged.
    pub fn open(&self, app: AppId, secret: &SealedSecret) -> Result<ClientSecret, WrongSecretKey> {
        let (nonce, sealed) = secret.as_bytes().split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| WrongSecretKey)?;
        let mut sealed = sealed.to_vec();
        let about = Aad::from(app.get().to_be_bytes());
        let opened = self.cipher()?.open_in_place(nonce, about, &mut sealed).map_err(|_| WrongSecretKey)?;
        let text = std::str::from_utf8(opened).map_err(|_| WrongSecretKey)?;
        Ok(ClientSecret::from_text(text))
    }

    fn cipher(&self) -> Result<LessSafeKey, WrongSecretKey> {
        UnboundKey::new(&CHACHA20_POLY1305, &self.0).map(LessSafeKey::new).map_err(|_| WrongSecretKey)
    }
}

type FindKey = dyn Fn() -> Result<SecretKey, NoSecretKey> + Send + Sync;

/// Where the key is found when it is needed: it may come to be while a server runs, with the first app.
#[derive(Clone)]
pub struct SecretKeys(Arc<FindKey>);

impl SecretKeys {
    /// Finds it so.
    pub fn new(find: impl Fn() -> Result<SecretKey, NoSecretKey> + Send + Sync + 'static) -> Self {
        Self(Arc::new(find))
    }

    /// The key.
    ///
    /// # Errors
    /// When there is none.
    pub fn key(&self) -> Result<SecretKey, NoSecretKey> {
        (self.0)()
    }
}

impl Default for SecretKeys {
    /// There is none.
    fn default() -> Self {
        Self::new(|| Err(NoSecretKey("there is no key for client secrets".to_owned())))
    }
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKeys(…)")
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_secret_opens_with_its_key_and_for_its_app_alone() {
        let random = &mut StdRng::seed_from_u64(1);
        let (key, secret) = (SecretKey::generate(random), ClientSecret::generate(random));
        let [app, other] = [1, 2].map(|number| AppId::new(number).unwrap());
        let sealed = key.seal(app, &secret, random).unwrap();
        assert_eq!(key.open(app, &sealed), Ok(secret.clone()));
        assert_eq!(key.open(other, &sealed), Err(WrongSecretKey));
        assert_eq!(SecretKey::generate(random).open(app, &sealed), Err(WrongSecretKey));
        let mut bytes = sealed.as_bytes().to_vec();
        bytes[20] ^= 1;
        assert_eq!(key.open(app, &SealedSecret::from_stored(&bytes).unwrap()), Err(WrongSecretKey));
        assert_ne!(key.seal(app, &secret, random).unwrap(), sealed, "never the same twice");
        assert!(!bytes.windows(10).any(|part| secret.reveal().as_bytes().starts_with(part)));
        assert_eq!(key.seal(app, &ClientSecret::from_text("short"), random), Err(WrongSecretKey));
    }

    #[test]
    fn a_key_is_written_and_read_and_does_not_print() {
        let key = SecretKey::generate(&mut StdRng::seed_from_u64(2));
        let again = SecretKey::from_hex(&format!("{}\n", key.reveal_hex())).unwrap();
        assert_eq!(again.0, key.0);
        assert_eq!(format!("{key:?}"), "SecretKey(…)");
        for text in ["", "00", &"g".repeat(64), &"é".repeat(32), &"0".repeat(66)] {
            assert!(SecretKey::from_hex(text).is_err(), "{text}");
        }
    }
}
