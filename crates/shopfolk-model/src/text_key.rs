//! By what texts are compared: said in this one place (decision 30).
//!
//! Texts are kept as they were sent. Two of them are the same when their unique keys are, and one is found by a part of it
//! when that part's searched key is part of its own. Text that is all ASCII, which most is, takes a short way.

use std::borrow::Cow;

use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicase::UniCase;

use crate::CustomerName;

/// The most bytes of a text that customers are sorted by: six for each character of a name. Only signs that each stand for a
/// word or a sentence, such as `ﷺ`, have longer keys.
pub const LONGEST_SORTED_KEY: usize = 6 * CustomerName::MAXIMUM_LENGTH;

/// The key by which texts are unique: Unicode's `toNFKC_Casefold`. Case, width, the way accents are put together and
/// characters that nobody sees make no difference.
pub fn unique_key(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Folding can undo the normal form, and the normal form bring what can be folded (as in `ϔ` and `㎅`).
    let folded = case_folded(&spelling_key(text));
    spelling_key(&case_folded(&spelling_key(&folded))).into_owned()
}

/// The unique key of a text whose case makes a difference.
pub fn spelling_key(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let normalizer = ComposingNormalizerBorrowed::new_nfkc();
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    if text.chars().any(|character| ignorable.contains(character)) {
        let seen: String = text.chars().filter(|&character| !ignorable.contains(character)).collect();
        return Cow::Owned(normalizer.normalize(&seen).into_owned());
    }
    normalizer.normalize(text)
}

/// The key by which texts are searched and sorted: the unique key without marks that are put on letters, so that `Muller`
/// finds `Müller`.
pub fn searched_key(text: &str) -> String {
    let key = unique_key(text);
    if key.is_ascii() {
        return key;
    }
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(&key);
    if !decomposed.chars().any(|character| is_dropped(classes.get32_u8(character.into()))) {
        return key;
    }
    let plain: String =
        decomposed.chars().filter(|&character| !is_dropped(classes.get32_u8(character.into()))).collect();
    ComposingNormalizerBorrowed::new_nfc().normalize(&plain).into_owned()
}

/// The searched key of a name or an e-mail address, which are sorted by it: what is beyond [`LONGEST_SORTED_KEY`] is cut off,
/// because a place in a list has to fit into an address.
pub fn sorted_key(text: &str) -> String {
    let mut key = searched_key(text);
    key.truncate(key.floor_char_boundary(LONGEST_SORTED_KEY));
    key
}

/// Whether searches pass over a mark of this canonical combining class. Accents, points of vowels and signs of tones are. What makes another
/// letter or syllable is not: the vowel signs of India and its neighbours, most of which have no class at all, nuktas, viramas,
/// the voicing of kana, and the vowels of Telugu, Thai, Lao and Tibetan that stand above or below.
const fn is_dropped(class: u8) -> bool {
    !matches!(class, 0 | 6..=9 | 84 | 91 | 103 | 118 | 129..=132)
}

/// Whether nobody would see anything of the text: it has white space and invisible characters alone.
pub(crate) fn is_blank(text: &str) -> bool {
    // That of Braille is a pattern without dots.
    const UNSEEN: [char; 4] = ['\u{2800}', '\u{FFF9}', '\u{FFFA}', '\u{FFFB}'];
    text.chars().all(|character| {
        character.is_whitespace()
            || !character.is_ascii()
                && (UNSEEN.contains(&character)
                    || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character))
    })
}

/// The digits of a text in any script, as `0` to `9`.
pub(crate) fn digits(text: &str) -> String {
    if text.is_ascii() {
        return text.chars().filter(char::is_ascii_digit).collect();
    }
    spelling_key(text).chars().filter_map(digit).collect()
}

/// The digit that a character is.
fn digit(character: char) -> Option<char> {
    if character.is_ascii() {
        return character.is_ascii_digit().then_some(character);
    }
    let categories = CodePointMapData::<GeneralCategory>::new();
    let is_digit = |code: &u32| categories.get32(*code) == GeneralCategory::DecimalNumber;
    // The digits of a script stand side by side, from zero to nine.
    let code = u32::from(character);
    let before = (0..code).rev().take_while(is_digit).count();
    is_digit(&code).then(|| char::from(b'0' + u8::try_from(before % 10).unwrap_or_default()))
}

/// Stands in the key of a namesake before its number, and in no key of a text.
const NAMESAKE: char = '\u{1}';

/// The key of something whose own key another one has, which is possible where a release before compared them in another way:
/// with its number nobody else has it.
pub fn namesake_key(key: &str, number: i64) -> String {
    format!("{key}{NAMESAKE}{number}")
}

/// Whether it is the key of a namesake. What begins with its sign is no text's: it stands for one that is missing or long.
pub fn is_namesake_key(key: &str) -> bool {
    key.rfind(NAMESAKE).is_some_and(|place| place > 0)
}

fn case_folded(text: &str) -> String {
    UniCase::unicode(text).to_folded_case()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Spellings of one text that nobody tells apart but by their case.
    const SAME: &[(&str, &str)] = &[
        ("VIP", "vip"),
        ("STRASSE", "straße"),
        ("ΌΣΟΣ", "όσος"),
        ("ЖАННА", "жанна"),
        ("ﬃ", "FFI"),
        ("Caf\u{e9}", "CAFE\u{301}"),
        ("Gr\u{f6}ße", "GRO\u{308}SSE"),
        ("감나무", "\u{1100}\u{1161}\u{11B7}\u{1102}\u{1161}\u{1106}\u{116E}"),
        ("Hi\u{1EBF}u", "Hie\u{302}\u{301}u"),
        ("ＡＣＭＥ", "acme"),
        ("ｱﾊﾟｰﾄ", "アパート"),
        ("\u{202A}anna\u{202C}", "anna"),
        ("an\u{AD}na\u{200B}", "anna"),
        ("क्\u{200D}ष", "क्ष"),
        ("№ 7", "no 7"),
        ("a\u{A0}b", "a b"),
        ("ϓ", "ύ"),
    ];

    #[test]
    fn nobody_can_make_two_texts_that_look_the_same() {
        for (one, other) in SAME {
            assert_eq!(unique_key(one), unique_key(other), "{one}");
            assert_eq!(searched_key(one), searched_key(other), "{one}");
        }
    }

    #[test]
    fn what_looks_different_stays_different() {
        for (one, other) in [("a", "ä"), ("o", "0"), ("ı", "i"), ("a b", "ab"), ("か", "が"), ("किम", "कम")]
        {
            assert_ne!(unique_key(one), unique_key(other), "{one}");
        }
    }

    #[test]
    fn searches_pass_over_what_is_put_on_letters_and_over_no_letter() {
        for (one, other) in [
            ("Muller", "Müller"),
            ("Muller", "Mu\u{308}ller"),
            ("hieu", "Hiếu"),
            ("łodz", "Łódź"),
            ("aarhus", "Aårhus"),
            ("محمد", "مُحَمَّد"),
            ("שלום", "שָׁלוֹם"),
            ("ελληνικα", "Ελληνικά"),
            ("istanbul", "İstanbul"),
        ] {
            assert_eq!(searched_key(one), searched_key(other), "{one}");
        }
        for (one, other) in
            [("か", "が"), ("किम", "कम"), ("ดี", "ดา"), ("คุณ", "คณ"), ("감", "가"), ("फ", "फ़"), ("क्ष", "कष")]
        {
            assert_ne!(searched_key(one), searched_key(other), "{one}");
        }
    }

    #[test]
    fn a_text_of_which_nothing_is_seen_is_blank() {
        for text in
            ["", " \t\n", "\u{200B}", "\u{202A}\u{202C}", "\u{3164}", "\u{2800} \u{FEFF}", "\u{E0020}"]
        {
            assert!(is_blank(text), "{text:?}");
        }
        for text in ["a", " . ", "\u{301}", "👍\u{FE0F}", "가"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn digits_of_every_script_count() {
        for (text, counted) in [
            ("+1 (23) 4", "1234"),
            ("+٩٦٦ ٥٠ ١٢٣", "96650123"),
            ("＋８１ ３", "813"),
            ("\u{202A}+49 176\u{202C}", "49176"),
            ("०१२३४५६७८९", "0123456789"),
            ("۰۱۲۳۴۵۶۷۸۹", "0123456789"),
            ("𝟎𝟏𝟗𝟬𝟵", "01909"),
            ("๐๙ ໐໙ ၀၉", "090909"),
            ("no digit", ""),
        ] {
            assert_eq!(digits(text), counted, "{text}");
        }
        let every = ('\0'..=char::MAX).filter(|character| character.is_numeric());
        let shown: String = every.filter(|&character| digit(character) == Some('0')).collect();
        assert!(shown.chars().count() > 60, "{shown}");
    }

    #[test]
    fn the_key_of_a_character_is_a_key() {
        for character in '\0'..='\u{1FFFF}' {
            let text = character.to_string();
            let (unique, searched) = (unique_key(&text), searched_key(&text));
            assert_eq!(unique_key(&unique), unique, "{character:?}");
            assert_eq!(searched_key(&searched), searched, "{character:?}");
            assert_eq!(searched_key(&unique), searched, "{character:?}");
            // Which is how long a part of the row of a contact that was just created can be.
            assert!(unique.len().max(searched.len()) * crate::ContactText::MAXIMUM_LENGTH < 0xFFFF);
        }
    }

    #[test]
    fn what_is_sorted_by_is_bounded() {
        let name = "ﷺ".repeat(CustomerName::MAXIMUM_LENGTH);
        let key = sorted_key(&name);
        assert!(searched_key(&name).starts_with(&key));
        assert!((LONGEST_SORTED_KEY - 3..=LONGEST_SORTED_KEY).contains(&key.len()));
        assert_eq!(sorted_key("Änne"), "anne");
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(text in "\\PC{0,12}") {
            let (unique, searched) = (unique_key(&text), searched_key(&text));
            prop_assert_eq!(unique_key(&unique), &*unique);
            prop_assert_eq!(searched_key(&searched), &*searched);
            prop_assert_eq!(searched_key(&unique), searched);
        }

        #[test]
        fn the_way_a_text_is_put_together_makes_no_difference(text in "\\PC{0,12}") {
            let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(&text).into_owned();
            prop_assert_eq!(unique_key(&decomposed), unique_key(&text));
            let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&text).into_owned();
            prop_assert_eq!(unique_key(&composed), unique_key(&text));
        }
    }
}
