//! The secret that an app shares with this service.

use std::fmt;

use rand::CryptoRng;

use crate::secret_text::{random_letters, secret_text};

secret_text! {
    /// The secret of an app: it shows by it who it is, and webhooks are signed with it. It is kept sealed alone.
    #[derive(PartialEq, Eq)]
    ClientSecret
}

impl ClientSecret {
    /// How many letters and digits a secret has.
    pub const LENGTH: usize = 40;

    /// A new secret: 40 random letters and digits (238 bits).
    pub fn generate<R: CryptoRng + ?Sized>(random: &mut R) -> Self {
        Self(random_letters(random, Self::LENGTH).collect())
    }
}

/// The bytes are no sealed secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a sealed secret has {} bytes, not {length}", SealedSecret::LENGTH)]
pub struct InvalidSealedSecret {
    /// How many there are.
    pub length: usize,
}

/// A client secret that only whoever has the key can open: a nonce of 12 bytes, the secret encrypted, and a tag of 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SealedSecret([u8; Self::LENGTH]);

impl SealedSecret {
    /// How many bytes it has.
    pub const LENGTH: usize = 12 + ClientSecret::LENGTH + 16;

    /// The secret that is sealed in these bytes.
    ///
    /// # Errors
    /// When there are more or fewer than a sealed secret has.
    pub fn from_stored(bytes: &[u8]) -> Result<Self, InvalidSealedSecret> {
        bytes.try_into().map(Self).map_err(|_| InvalidSealedSecret { length: bytes.len() })
    }

    /// The bytes, as a database holds them.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SealedSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let secret = ClientSecret::generate(&mut StdRng::seed_from_u64(1));
        assert_eq!(secret.reveal().len(), ClientSecret::LENGTH);
        let sealed = SealedSecret::from_stored(&[7; SealedSecret::LENGTH]).unwrap();
        assert!(SealedSecret::from_stored(b"sealed").is_err());
        assert_eq!(format!("{secret:?} {sealed:?}"), "ClientSecret(…) SealedSecret(…)");
    }
}
