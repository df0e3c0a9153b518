//! Ids: decimal integers of at least 0, unique within a store and kind, never reused.

use std::fmt;
use std::str::FromStr;

/// Why a text or number is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is not made of decimal digits alone.
    #[error("must be a decimal integer of at least 0")]
    NotDecimal,
    /// The number is larger than any id of this kind can be, so nothing with that id exists.
    #[error("must be at most {maximum}")]
    TooLarge {
        /// The largest id of this kind.
        maximum: i64,
    },
}

/// Makes the types of ids: each is a line with its name and its largest number. What is reserved is an id, and no text names
/// it.
macro_rules! ids {
    (($dollar:tt) $($(#[$meta:meta])* $name:ident: $maximum:ident $(, last $reserved:literal reserved)?;)+) => {
        $(ids! { @type $(#[$meta])* $name, $maximum, 0 $(+ $reserved)? })+

        /// Hands the name of every type of ids to a macro, for what follows from its being one.
        #[macro_export]
        macro_rules! for_every_id {
            ($dollar do:ident) => { $dollar do! { $($name)+ } };
        }
    };
    (@type $(#[$meta:meta])* $name:ident, $maximum:ident, $reserved:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The largest id of this kind.
            pub const MAXIMUM: Self = Self($maximum);

            /// The id with this number.
            ///
            /// # Errors
            /// When the number is negative or above [`Self::MAXIMUM`].
            pub const fn new(number: i64) -> Result<Self, IdError> {
                match number {
                    ..0 => Err(IdError::NotDecimal),
                    number if number > $maximum => Err(IdError::TooLarge { maximum: $maximum }),
                    number => Ok(Self(number)),
                }
            }

            /// The number of this id, from 0 to [`Self::MAXIMUM`].
            pub const fn get(self) -> i64 {
                self.0
            }

            /// The id after this one.
            ///
            /// # Errors
            /// When this is already the largest id of its kind.
            pub const fn next(self) -> Result<Self, IdError> {
                Self::new(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(IdError::NotDecimal);
                }
                let maximum = $maximum - ($reserved);
                let number = text.parse().ok().filter(|&number| number <= maximum);
                Self::new(number.ok_or(IdError::TooLarge { maximum })?)
            }
        }
    };
}

/// The largest integer that a JSON number holds exactly in every client, 2^53 - 1.
const LARGEST_JSON_INTEGER: i64 = (1 << 53) - 1;

/// The largest integer that clients with 32-bit ids can hold, 2^31 - 1.
const LARGEST_32_BIT_ID: i64 = (1 << 31) - 1;

ids! {
    ($)
    /// The id of a store, the tenant that owns everything else.
    StoreId: LARGEST_JSON_INTEGER, last 1 reserved;
    /// The id of a customer. Stays below 2^31, because widely used clients hold it in 32 bits.
    CustomerId: LARGEST_32_BIT_ID;
    /// The id of a customer group. Stays below 2^31, because widely used clients hold it in 32 bits. 0 is the built-in
    /// group, which no store gives.
    GroupId: LARGEST_32_BIT_ID;
    /// The id of an extra field of customers, by which rows and events name it; callers know it by its key.
    ExtraFieldId: LARGEST_32_BIT_ID;
    /// The id of a customer's contact. Stays below 2^53.
    ContactId: LARGEST_JSON_INTEGER;
    /// The id of a shipping address. Stays below 2^31, because widely used clients hold it in 32 bits.
    AddressId: LARGEST_32_BIT_ID;
    /// The number of an app, drawn at random; everybody names the app by its [`crate::ClientId`].
    AppId: LARGEST_JSON_INTEGER;
    /// The id of an owner of a store.
    OwnerId: LARGEST_JSON_INTEGER;
    /// The number of an order.
    OrderNumber: LARGEST_JSON_INTEGER;
    /// The id of a product in the shop's catalogue, which is kept elsewhere.
    ProductId: LARGEST_JSON_INTEGER;
    /// The id of a token, by which it is listed and revoked; not the token itself.
    TokenId: LARGEST_JSON_INTEGER;
    /// The id of a batch, by which rows name it; callers know it by its ticket.
    BatchId: LARGEST_JSON_INTEGER;
    /// The number by which an event is recorded. It tells no order where several nodes record.
    EventNumber: LARGEST_JSON_INTEGER;
    /// The place of an event among the events of its store, counted from 1: readers go by it.
    EventPosition: LARGEST_JSON_INTEGER;
    /// The number of a try to deliver an event to an app, by which it is listed and sent again.
    WebhookAttemptId: LARGEST_JSON_INTEGER;
}

impl StoreId {
    /// The platform, which has what belongs to no store: apps. It is kept like a store, and no text names it, so no caller
    /// reaches it (decision 25).
    pub const PLATFORM: Self = Self::MAXIMUM;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_of_digits() {
        assert_eq!("177737165".parse(), CustomerId::new(177_737_165));
        assert_eq!("0".parse(), CustomerId::new(0));
        for text in ["", "-1", "+1", "1.0", "abc", " 1", "١"] {
            assert_eq!(text.parse::<CustomerId>(), Err(IdError::NotDecimal), "{text:?}");
        }
    }

    #[test]
    fn an_id_beyond_its_range_is_too_large() {
        assert_eq!("2147483647".parse(), Ok(CustomerId::MAXIMUM));
        for text in ["2147483648", "99999999999999999999999999"] {
            assert!(matches!(text.parse::<CustomerId>(), Err(IdError::TooLarge { .. })), "{text:?}");
        }
        assert_eq!("9007199254740991".parse(), Ok(ContactId::MAXIMUM));
        assert!(ContactId::MAXIMUM.next().is_err());
    }

    #[test]
    fn no_text_names_the_platform() {
        assert_eq!("9007199254740990".parse(), StoreId::new(9_007_199_254_740_990));
        let error = StoreId::PLATFORM.to_string().parse::<StoreId>();
        assert_eq!(error, Err(IdError::TooLarge { maximum: 9_007_199_254_740_990 }));
        assert_eq!(StoreId::new(StoreId::PLATFORM.get()), Ok(StoreId::PLATFORM));
    }
}
