//! Customers in JSON that is not a line each: in an array, in the `items` of a saved page, or one after the other, indented.

use std::io::{self, BufRead};

use super::batch::LONGEST;
use super::item::{Customers, Item, Problem, ReadRules};
use super::lines::object;

/// How the name of the list in a page goes on behind its opening quote.
const ITEMS: &[u8] = b"items\"";

/// The objects of a file.
pub(crate) struct Objects<R> {
    bytes: Bytes<R>,
    rules: ReadRules,
    /// Whether they stand in a list.
    listed: bool,
    ended: bool,
}

struct Bytes<R> {
    input: R,
    line: u64,
}

impl<R: BufRead> Bytes<R> {
    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.input.fill_buf()?.first().copied())
    }

    fn next(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.input.consume(1);
            self.line += u64::from(byte == b'\n');
        }
        Ok(byte)
    }

    /// Reads up to the end of a text, behind its opening quote, and keeps what is taken of it as long as that is no longer than
    /// `most`.
    fn text(&mut self, into: &mut Vec<u8>, most: usize) -> io::Result<()> {
        let mut is_escaped = false;
        while let Some(byte) = self.next()? {
            if into.len() < most {
                into.push(byte);
            }
            if byte == b'"' && !is_escaped {
                break;
            }
            is_escaped = byte == b'\\' && !is_escaped;
        }
        Ok(())
    }
}

impl<R: BufRead> Objects<R> {
    /// Those that stand one after the other, or in an array.
    pub(crate) fn new(input: R, rules: ReadRules) -> io::Result<Self> {
        let mut objects = Self { bytes: Bytes { input, line: 1 }, rules, listed: false, ended: false };
        objects.skip_between()?;
        if objects.bytes.peek()? == Some(b'[') {
            objects.bytes.next()?;
            objects.listed = true;
        }
        Ok(objects)
    }

    /// Those in the `items` of a page.
    pub(crate) fn of_page(input: R, rules: ReadRules) -> io::Result<Self> {
        let mut objects = Self { bytes: Bytes { input, line: 1 }, rules, listed: true, ended: false };
        let (mut depth, mut last) = (0_usize, Vec::new());
        while let Some(byte) = objects.bytes.next()? {
            match byte {
                b'"' => {
                    last.clear();
                    objects.bytes.text(&mut last, ITEMS.len() + 1)?;
                }
                b'[' if depth == 1 && last == ITEMS => return Ok(objects),
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                b',' => last.clear(),
                _ => {}
            }
        }
        Ok(objects)
    }

    /// Passes over what stands between two objects.
    fn skip_between(&mut self) -> io::Result<()> {
        const MARK: [u8; 3] = *b"\xEF\xBB\xBF";
        while let Some(byte) = self.bytes.peek()? {
            if !byte.is_ascii_whitespace() && byte != b',' && !MARK.contains(&byte) {
                break;
            }
            self.bytes.next()?;
        }
        Ok(())
    }

    /// Reads one value to its end; answers whether it is too long, and keeps nothing of it then.
    fn value(&mut self, text: &mut Vec<u8>) -> io::Result<bool> {
        let (start, mut depth) = (text.len(), 0_usize);
        let most = start + LONGEST + 1;
        while let Some(byte) = self.bytes.peek()? {
            let ends =
                depth == 0 && (byte == b',' || byte.is_ascii_whitespace() || (self.listed && byte == b']'));
            if ends {
                break;
            }
            self.bytes.next()?;
            if text.len() < most {
                text.push(byte);
            }
            match byte {
                b'"' => self.bytes.text(text, most)?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && matches!(byte, b'}' | b']') {
                break;
            }
        }
        let too_long = text.len() == most;
        if too_long {
            text.truncate(start);
        }
        Ok(too_long)
    }
}

impl<R: BufRead + Send + 'static> Customers for Objects<R> {
    fn next(&mut self, text: &mut Vec<u8>) -> io::Result<Option<Item>> {
        self.skip_between()?;
        let (start, line) = (text.len(), self.bytes.line);
        match self.bytes.peek()? {
            Some(b']') if self.listed => self.ended = true,
            None => self.ended = true,
            Some(_) => {}
        }
        if self.ended {
            return Ok(None);
        }
        let said = if self.value(text)? {
            Err(vec![Problem::of_row("the object is too long")])
        } else {
            object(&text[start..], &self.rules)
        };
        text.push(b'\n');
        Ok(Some(Item::customer(line, said)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(mut objects: Objects<&'static [u8]>) -> Vec<(u64, Result<String, String>)> {
        let mut read = Vec::new();
        let mut text = Vec::new();
        while let Some(item) = objects.next(&mut text).unwrap() {
            let (line, said) = item.into_customer();
            let email = |filed: super::super::item::Filed| filed.customer.email.unwrap().to_string();
            read.push((line, said.map(email).map_err(|problems| problems[0].reason.clone())));
        }
        read
    }

    fn taken(line: u64, name: &str) -> (u64, Result<String, String>) {
        (line, Ok(format!("{name}@example.com")))
    }

    #[test]
    fn objects_are_found_in_an_array_in_a_page_and_one_after_the_other() {
        let rules = ReadRules::default;
        let array = b"\xEF\xBB\xBF[{\"email\": \"a@example.com\"},\n {\"email\": \"b@example.com\", \"name\": \"]}\\\"{\"}]\n";
        assert_eq!(lines(Objects::new(&array[..], rules()).unwrap()), [taken(1, "a"), taken(2, "b")]);
        let page = b"{\"total\": 2, \"note\": \"items\", \"x\": [1], \"items\": [\n{\"email\":\n\"a@example.com\"}, {\"email\": \"b@example.com\"}], \"y\": {}}";
        assert_eq!(lines(Objects::of_page(&page[..], rules()).unwrap()), [taken(2, "a"), taken(3, "b")]);
        let indented = b"{\n  \"email\": \"a@example.com\"\n}\n{\n  \"email\": \"b@example.com\"\n}\n";
        assert_eq!(lines(Objects::new(&indented[..], rules()).unwrap()), [taken(1, "a"), taken(4, "b")]);
    }

    #[test]
    fn what_is_no_object_is_told_and_the_next_is_read() {
        let read = lines(
            Objects::new(&b"[1, {\"email\": \"a@example.com\"}, {\"email\": "[..], ReadRules::default())
                .unwrap(),
        );
        assert!(read[0].1.as_ref().unwrap_err().contains("must be a JSON object"), "{read:?}");
        assert_eq!(read[1], taken(1, "a"));
        assert!(read[2].1.as_ref().unwrap_err().contains("Malformed JSON"), "{read:?}");
        assert_eq!(read.len(), 3);
    }

    #[test]
    fn an_object_that_is_too_long_is_told_with_nothing_kept_and_the_next_is_read() {
        let long = "x".repeat(LONGEST);
        let text = format!("[{{\"name\": \"\\\"{long}\"}}, {{\"email\": \"a@example.com\"}}]");
        let mut objects = Objects::new(io::Cursor::new(text.into_bytes()), ReadRules::default()).unwrap();
        let mut texts = Vec::new();
        let (line, said) = objects.next(&mut texts).unwrap().unwrap().into_customer();
        assert_eq!((line, said.unwrap_err()[0].to_string().as_str()), (1, "the object is too long"));
        assert!(texts.len() < 2 && texts.capacity() <= 3 * LONGEST);
        let (line, said) = objects.next(&mut texts).unwrap().unwrap().into_customer();
        assert_eq!(
            (line, said.unwrap().customer.email.unwrap().to_string()),
            (1, "a@example.com".to_owned())
        );
    }
}
