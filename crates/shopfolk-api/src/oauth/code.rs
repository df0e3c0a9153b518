//! The code that an app exchanges for its tokens, as it travels: the store that let the app in, and 32 random letters and digits.

use rand::CryptoRng;
use shopfolk_model::{SessionKey, StoreId, TokenHash};

/// A code.
pub(super) struct Code {
    pub(super) store: StoreId,
    text: String,
}

impl Code {
    /// A new one.
    pub(super) fn generate<R: CryptoRng + ?Sized>(store: StoreId, random: &mut R) -> Self {
        Self { store, text: format!("{store}_{}", SessionKey::generate(random).reveal()) }
    }

    /// The code in this text; `None` when it names no store.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let store = text.split_once('_')?.0.parse().ok()?;
        Some(Self { store, text: text.to_owned() })
    }

    /// By which it is kept.
    pub(super) fn hash(&self) -> TokenHash {
        TokenHash::of(&self.text)
    }

    /// The code itself, for the app alone.
    pub(super) fn reveal(&self) -> &str {
        &self.text
    }
}
