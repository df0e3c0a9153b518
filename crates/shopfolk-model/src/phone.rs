//! Telephone numbers: of what people write, the digits count.

use crate::text_key::{digits, spelling_key};
use crate::{Contact, ContactType, SearchText, SearchTextError};

/// A part of a phone number: digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneDigits(Box<str>);

impl PhoneDigits {
    /// The digits in a text that is looked for; `None` when there is no text at all. Zeros at its front are dropped, so that
    /// `0176 123` and `0049 176 123` find `+49 176 123`; a number of nothing but zeros is looked for as it is.
    ///
    /// # Errors
    /// When there is a text without a digit, or one that is too long.
    pub fn optional(text: &str) -> Result<Option<Self>, SearchTextError> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let digits = Self::of(text);
        if digits.is_empty() {
            return Err(SearchTextError::NoDigit);
        }
        if digits.len() > SearchText::MAXIMUM {
            return Err(SearchTextError::TooLong { maximum: SearchText::MAXIMUM });
        }
        let asked = Some(digits.trim_start_matches('0')).filter(|rest| !rest.is_empty()).unwrap_or(&digits);
        Ok(Some(Self(asked.into())))
    }

    /// The digits of a phone number, which are all that is compared: those of any script, as `0` to `9`.
    pub fn of(phone: &str) -> String {
        digits(phone)
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ContactType {
    /// Whether contacts of this type can be phone numbers.
    pub const fn has_number(self) -> bool {
        matches!(self, Self::Phone | Self::WhatsApp | Self::Viber)
    }
}

impl Contact {
    /// The digits of the contact's phone number, where it has one.
    pub fn phone_digits(&self) -> Option<String> {
        let digits =
            self.contact_type().has_number().then(|| PhoneDigits::of(self.address.contact().as_str()));
        digits.filter(|digits| !digits.is_empty())
    }
}

/// The key of a telephone number: a plus sign, where one stands before the first digit, and the digits. `None` where the text
/// has letters or no digit.
pub(crate) fn phone_key(text: &str) -> Option<String> {
    let text = spelling_key(text);
    let number = match text.split_at_checked(TEL.len()) {
        Some((scheme, number)) if scheme.eq_ignore_ascii_case(TEL) => number,
        _ => &text,
    };
    if number.contains(char::is_alphabetic) {
        return None;
    }
    let digits = digits(number);
    if digits.is_empty() {
        return None;
    }
    let has_plus = number.chars().take_while(|character| !character.is_numeric()).any(|sign| sign == '+');
    Some(if has_plus { format!("+{digits}") } else { digits })
}

const TEL: &str = "tel:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_digit_is_passed_over() {
        for (text, key) in [
            ("+0 (123) 123-12-31", "+01231231231"),
            ("00000 000.000", "00000000000"),
            ("\u{202A}+49 176 123\u{202C}", "+49176123"),
            ("+٩٦٦ ٥٠ ١٢٣", "+96650123"),
            ("＋８１-３", "+813"),
            ("﹢49 1", "+491"),
            ("tel:+49-176", "+49176"),
            ("TEL: 0176", "0176"),
            ("(+49) 176", "+49176"),
            ("☎ +49 176", "+49176"),
            ("1+2", "12"),
        ] {
            assert_eq!(phone_key(text).as_deref(), Some(key), "{text}");
        }
        for text in ["1-800-FLOWERS", "+123 доб. 4", "+-", "", "tel:"] {
            assert_eq!(phone_key(text), None, "{text}");
        }
    }

    #[test]
    fn of_a_phone_number_the_digits_count() {
        let asked =
            |text| PhoneDigits::optional(text).map(|digits| digits.map(|digits| digits.0.to_string()));
        for (text, digits) in [
            ("+1 (23) 4", "1234"),
            ("0176 123", "176123"),
            ("0049 176", "49176"),
            ("٠٥٠ ١", "501"),
            ("000", "000"),
        ] {
            assert_eq!(asked(text), Ok(Some(digits.to_owned())), "{text}");
        }
        assert_eq!(asked(" "), Ok(None));
        assert_eq!(asked("call me"), Err(SearchTextError::NoDigit));
    }
}
