//! Links, whose beginnings are packed as one byte: most contacts are links, and most of a link is how it begins.

use memchr::memmem::Finder;

/// How links begin, each with the byte that stands for it: one that is in no UTF-8. They are in databases and never change;
/// of several that fit, the longest counts.
const BEGINNINGS: [(&str, u8); 11] = [
    ("https://www.facebook.com/", 0xF5),
    ("https://www.instagram.com/", 0xF6),
    ("https://www.youtube.com/", 0xF7),
    ("https://www.tiktok.com/", 0xF8),
    ("https://www.pinterest.com/", 0xF9),
    ("https://x.com/", 0xFA),
    ("https://twitter.com/", 0xFB),
    ("https://vk.com/", 0xFC),
    ("https://t.me/", 0xFD),
    ("https://www.", 0xFE),
    ("https://", 0xFF),
];

/// Appends the text of a contact, which is a searched key.
pub(super) fn pack(text: &str, packed: &mut Vec<u8>) {
    for (beginning, code) in BEGINNINGS {
        if let Some(rest) = text.strip_prefix(beginning) {
            packed.push(code);
            packed.extend_from_slice(rest.as_bytes());
            return;
        }
    }
    packed.extend_from_slice(text.as_bytes());
}

/// What to look for in packed contacts in order to find a part of a text.
pub(super) struct Finders(Vec<Finder<'static>>);

impl Finders {
    /// For this part of a text, which is a searched key.
    pub(super) fn of(part: &str) -> Self {
        let mut wanted = vec![part.as_bytes().to_vec()];
        for (beginning, code) in BEGINNINGS {
            if beginning.contains(part) {
                wanted.push(vec![code]);
                continue;
            }
            // The part may begin within how the link begins, and go on behind it.
            for (within, _) in part.char_indices().skip(1) {
                if beginning.ends_with(&part[..within]) {
                    wanted.push([&[code], &part.as_bytes()[within..]].concat());
                }
            }
        }
        Self(wanted.into_iter().map(|wanted| Finder::new(&wanted).into_owned()).collect())
    }

    /// The finders; a contact that any of them finds has the part in its text.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Finder<'static>> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        let mut packed = Vec::new();
        pack(text, &mut packed);
        packed
    }

    #[test]
    fn whatever_is_part_of_a_text_is_found_in_it_packed_and_nothing_else() {
        let texts = [
            "https://www.facebook.com/anna",
            "https://www.example.com/https://t.me/x",
            "https://x.com/",
            "https://t.me/ännä",
            "http://www.facebook.com/anna",
            "anna@example.com",
            "www.facebook.com/anna",
            "https:/",
            "",
        ];
        let mut parts: Vec<String> = vec!["xhttps://".to_owned(), "zzz".to_owned()];
        for text in texts {
            let places: Vec<usize> =
                text.char_indices().map(|(place, _)| place).chain([text.len()]).collect();
            for (number, &from) in places.iter().enumerate() {
                parts.extend(places[number + 1..].iter().map(|&to| text[from..to].to_owned()));
            }
        }
        for part in parts {
            let finders = Finders::of(&part);
            for text in texts {
                let packed = packed(text);
                let found = finders.iter().any(|finder| finder.find(&packed).is_some());
                assert_eq!(found, text.contains(&part), "{part} in {text}");
            }
        }
    }

    #[test]
    fn beginnings_are_known_from_the_longest_and_stand_for_themselves() {
        for (place, (beginning, code)) in BEGINNINGS.iter().enumerate() {
            assert_eq!(packed(beginning), [*code], "{beginning}");
            assert!(std::str::from_utf8(&[b'a', *code]).is_err());
            assert!(
                BEGINNINGS[..place]
                    .iter()
                    .all(|(other, other_code)| other_code != code && other != beginning)
            );
        }
    }
}
