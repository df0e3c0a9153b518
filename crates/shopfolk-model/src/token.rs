//! Tokens: how an app shows which store it may enter, and for what.

use std::fmt;

use rand::CryptoRng;
use sha2::{Digest, Sha256};

use crate::secret_text::{random_letters, secret_text};
use crate::{AppId, Day, ScopeSet, Timestamp, TokenId};

const RANDOM_LENGTH: usize = 32;

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Known to the app's server alone; opens whatever its scopes say.
    Secret,
    /// May stand in a web page, so it never opens anything about customers.
    Public,
}

impl TokenKind {
    /// The word in front of a token of this kind.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Public => "public",
        }
    }
}

secret_text! {
    /// A token as its owner holds it. It is shown once, when it is made; kept is only its [`TokenHash`].
    Token
}

impl Token {
    /// A new token: `secret_` or `public_` and 32 random letters and digits (190 bits).
    pub fn generate<R: CryptoRng + ?Sized>(kind: TokenKind, random: &mut R) -> Self {
        Self(kind.name().chars().chain(['_']).chain(random_letters(random, RANDOM_LENGTH)).collect())
    }

    /// The hash by which the token is kept and found.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

/// SHA-256 of a token. A token is random enough that its plain hash tells nothing of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of the token in this text.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// The hash with these bytes, as a database holds it.
    pub const fn from_stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the hash.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenHash(…)")
    }
}

/// What is known of a token: everything but the token itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRecord {
    /// The id by which it is listed and revoked.
    pub id: TokenId,
    /// Secret or public.
    pub kind: TokenKind,
    /// What it may be used for.
    pub scopes: ScopeSet,
    /// The app that it was given to; `None` where somebody made it for themselves.
    pub app: Option<AppId>,
    /// When it was made.
    pub created: Timestamp,
    /// The last day on which it was used; `None` if it never was.
    pub last_used: Option<Day>,
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_token_is_its_kind_and_32_letters_and_digits() {
        let mut random = StdRng::seed_from_u64(1);
        for kind in [TokenKind::Secret, TokenKind::Public] {
            let token = Token::generate(kind, &mut random);
            let (word, letters) = token.reveal().split_once('_').unwrap();
            assert_eq!(word, kind.name());
            assert_eq!(letters.len(), 32);
            assert!(letters.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        }
    }

    #[test]
    fn a_token_does_not_print() {
        let token = Token::from_text("secret_token");
        assert!(!format!("{token:?} {:?}", token.hash()).contains("secret_token"));
    }
}
