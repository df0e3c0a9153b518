//! Comparing text without regard to case.

use unicase::UniCase;

/// The text with its case folded, as Unicode says (full folding: `STRASSE` and `straße` are the same). Two texts differ in
/// nothing but case when these are equal, and one is part of the other in any case when this one's is part of the other's.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    UniCase::unicode(text).to_folded_case()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_makes_no_difference_in_any_script() {
        for (one, other) in
            [("VIP", "vip"), ("STRASSE", "straße"), ("ΌΣΟΣ", "όσος"), ("ЖАННА", "жанна"), ("ﬃ", "FFI")]
        {
            assert_eq!(fold(one), fold(other), "{one}");
        }
    }

    #[test]
    fn ascii_is_folded_as_unicode_says() {
        for character in 0..=0x7F_u8 {
            let text = char::from(character).to_string();
            assert_eq!(fold(&text), UniCase::unicode(&text).to_folded_case());
        }
    }

    #[test]
    fn what_differs_in_more_than_case_stays_different() {
        for (one, other) in [("a", "ä"), ("o", "0"), ("ı", "i"), ("a b", "ab")] {
            assert_ne!(fold(one), fold(other), "{one}");
        }
    }

    #[test]
    fn folded_text_stays_as_it_is() {
        for text in ["VIP", "ΐ", "İ", "ᾳ", "Ω", "ẞ"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }
}
