//! Texts that are shown once, to whom they belong, and never print.

/// Makes the type of a secret text: any text will do, and whether it opens anything is for whoever keeps its hash to say.
macro_rules! secret_text {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name(String);

        impl $name {
            /// The one in this text.
            pub fn from_text(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text itself, for its owner alone.
            pub fn reveal(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}
pub(crate) use secret_text;

use rand::{CryptoRng, RngExt};

/// So many random letters and digits, of 5.95 bits each.
pub(crate) fn random_letters<R: CryptoRng + ?Sized>(
    random: &mut R,
    count: usize,
) -> impl Iterator<Item = char> {
    random.sample_iter(rand::distr::Alphanumeric).take(count).map(char::from)
}
