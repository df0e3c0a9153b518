//! The language a customer speaks.

use std::fmt;
use std::str::FromStr;

/// The text is no language code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a language code of 2 to 10 letters, '-' or '_', such as en or pt-BR")]
pub struct InvalidLanguage;

/// A language code, as it was written: 2 to 10 letters, `-` or `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LanguageCode(Box<str>);

impl LanguageCode {
    /// The code itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LanguageCode {
    type Err = InvalidLanguage;

    fn from_str(text: &str) -> Result<Self, InvalidLanguage> {
        let text = text.trim();
        let allowed = text.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_'));
        if !allowed || !(2..=10).contains(&text.len()) {
            return Err(InvalidLanguage);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for LanguageCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_two_to_ten_letters_and_lines() {
        for text in ["en", "pt-BR", " zh_Hant_TW "] {
            assert_eq!(text.parse::<LanguageCode>().unwrap().as_str(), text.trim());
        }
        for text in ["", "e", "english-uk-x", "e1", "日本", "en us"] {
            assert_eq!(text.parse::<LanguageCode>(), Err(InvalidLanguage), "{text:?}");
        }
    }
}
