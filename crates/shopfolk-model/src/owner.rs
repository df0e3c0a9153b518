//! Who owns a store: they sign in, and let apps in.

use std::fmt;

use rand::CryptoRng;

use crate::secret_text::{random_letters, secret_text};
use crate::{EmailAddress, OwnerId, Timestamp, TokenHash};

/// The most owners a store can have; one more is refused.
pub const MAXIMUM_OWNERS: u32 = 100;

/// The most sessions an owner has at once: one more ends the oldest.
pub const MAXIMUM_SESSIONS: usize = 20;

/// For how many seconds an owner stays signed in: 12 hours.
pub const SESSION_SECONDS: i64 = 12 * 3_600;

/// The text is no hash of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no hash of a password in the PHC string format")]
pub struct InvalidPasswordHash;

/// A password that was hashed slowly, in the PHC string format, which says how.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Box<str>);

impl PasswordHash {
    /// The hash in this text.
    ///
    /// # Errors
    /// When it is in no such format.
    pub fn new(text: &str) -> Result<Self, InvalidPasswordHash> {
        let is_one = text.starts_with('$') && text.bytes().all(|letter| letter.is_ascii_graphic());
        if is_one { Ok(Self(text.into())) } else { Err(InvalidPasswordHash) }
    }

    /// The hash as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash(…)")
    }
}

/// The text is no password that can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password must have {} to {} characters", Password::MINIMUM_LENGTH, Password::MAXIMUM_LENGTH)]
pub struct InvalidPassword;

/// A password as its owner types it. It is never kept.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// The fewest characters of a password that is set.
    pub const MINIMUM_LENGTH: usize = 10;
    /// The most bytes of a password.
    pub const MAXIMUM_LENGTH: usize = 1_000;

    /// A password that is to be set.
    ///
    /// # Errors
    /// When it is too short or too long.
    pub fn new(text: String) -> Result<Self, InvalidPassword> {
        if text.chars().count() < Self::MINIMUM_LENGTH || text.len() > Self::MAXIMUM_LENGTH {
            return Err(InvalidPassword);
        }
        Ok(Self(text))
    }

    /// A password that somebody tries: `None` when none can be so long.
    pub fn tried(text: String) -> Option<Self> {
        (text.len() <= Self::MAXIMUM_LENGTH).then_some(Self(text))
    }

    /// The password itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(…)")
    }
}

/// An owner of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The id.
    pub id: OwnerId,
    /// By which they sign in.
    pub email: EmailAddress,
    /// Their password, hashed.
    pub password: PasswordHash,
    /// When they were added.
    pub created: Timestamp,
    /// Whether another owner has the same e-mail address: a release before took the two for different ones.
    pub namesake: bool,
}

secret_text! {
    /// What a browser shows to stay signed in: 32 random letters and digits. Kept is only its hash.
    SessionKey
}

impl SessionKey {
    /// A new one.
    pub fn generate<R: CryptoRng + ?Sized>(random: &mut R) -> Self {
        Self(random_letters(random, 32).collect())
    }

    /// The hash by which the session is kept and found.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

/// An owner who signed in with a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// The owner.
    pub owner: OwnerId,
    /// The hash of what the browser shows.
    pub hash: TokenHash,
    /// When they signed in.
    pub created: Timestamp,
}

impl Session {
    /// Whether its time is over.
    pub const fn is_over(&self, now: Timestamp) -> bool {
        now.unix_seconds() >= self.created.unix_seconds() + SESSION_SECONDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_a_length_and_does_not_print() {
        assert!(Password::new("short".to_owned()).is_err());
        assert!(Password::new("é".repeat(10)).is_ok());
        assert!(Password::new("a".repeat(1_001)).is_err());
        assert!(Password::tried("a".repeat(1_001)).is_none());
        let password = Password::new("correct horse".to_owned()).unwrap();
        let hash = PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA").unwrap();
        assert_eq!(format!("{password:?} {hash:?}"), "Password(…) PasswordHash(…)");
        assert!(PasswordHash::new("correct horse").is_err());
    }
}
