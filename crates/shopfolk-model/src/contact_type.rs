//! The kinds of contact.

use std::fmt;
use std::str::FromStr;

/// The text names no type of contact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {}", ContactType::names())]
pub struct UnknownContactType;

macro_rules! contact_types {
    ($($(#[$meta:meta])* $variant:ident = $code:literal $name:literal,)+) => {
        /// The kind of a contact: which network or medium reaches the customer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum ContactType {
            $($(#[$meta])* $variant = $code,)+
        }

        impl ContactType {
            /// Every type, in the order of the published reference.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name on the wire.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The type with this code in the database.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl FromStr for ContactType {
            type Err = UnknownContactType;

            fn from_str(name: &str) -> Result<Self, UnknownContactType> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(UnknownContactType),
                }
            }
        }
    };
}

// The codes are in databases: a new type takes a new code, and none ever changes its own.
contact_types! {
    /// An e-mail address.
    Email = 1 "EMAIL",
    /// A phone number.
    Phone = 2 "PHONE",
    /// A Facebook page or profile.
    Facebook = 3 "FACEBOOK",
    /// An Instagram profile.
    Instagram = 4 "INSTAGRAM",
    /// A Twitter (X) profile.
    Twitter = 5 "TWITTER",
    /// A YouTube channel.
    YouTube = 6 "YOUTUBE",
    /// A TikTok profile.
    TikTok = 7 "TIKTOK",
    /// A Pinterest profile.
    Pinterest = 8 "PINTEREST",
    /// A VK page.
    Vk = 9 "VK",
    /// A Facebook Messenger link.
    FacebookMessenger = 10 "FB_MESSENGER",
    /// A WhatsApp number or link.
    WhatsApp = 11 "WHATSAPP",
    /// A Telegram name or link.
    Telegram = 12 "TELEGRAM",
    /// A Viber number.
    Viber = 13 "VIBER",
    /// Any other link.
    Url = 14 "URL",
    /// Anything else.
    Other = 15 "OTHER",
}

impl ContactType {
    /// The code in the database.
    pub const fn code(self) -> u8 {
        self as u8
    }

    fn names() -> String {
        Self::ALL.iter().map(|contact_type| contact_type.name()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for ContactType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_fifteen_types_and_each_is_found_by_name_and_code() {
        assert_eq!(ContactType::ALL.len(), 15);
        for &contact_type in ContactType::ALL {
            assert_eq!(contact_type.name().parse(), Ok(contact_type));
            assert_eq!(ContactType::from_code(contact_type.code()), Some(contact_type));
        }
    }

    #[test]
    fn a_type_is_spelt_in_upper_case() {
        assert_eq!("email".parse::<ContactType>(), Err(UnknownContactType));
        assert!(UnknownContactType.to_string().contains("EMAIL, PHONE, FACEBOOK"));
    }
}
