//! In which letters a text is written.

use std::io::{self, BufRead, Read};
use std::str::FromStr;

use encoding_rs::{Decoder, Encoding, UTF_8, WINDOWS_1252};

/// How much is decoded at once.
const BUFFER: usize = 64 << 10;

/// The encoding of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding(&'static Encoding);

/// The name is none of an encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be the name of an encoding, such as utf-8, utf-16le, windows-1252, iso-8859-2 or shift_jis")]
pub struct InvalidEncoding;

impl FromStr for TextEncoding {
    type Err = InvalidEncoding;

    fn from_str(name: &str) -> Result<Self, InvalidEncoding> {
        Encoding::for_label(name.trim().as_bytes()).map(Self).ok_or(InvalidEncoding)
    }
}

impl TextEncoding {
    /// The one of a text that begins so: what its mark says, else UTF-8 if it is, else what old spreadsheets write.
    pub(crate) fn of(head: &[u8]) -> Self {
        if let Some((encoding, _)) = Encoding::for_bom(head) {
            return Self(encoding);
        }
        match std::str::from_utf8(head) {
            Ok(_) => Self(UTF_8),
            // The head may end within a letter.
            Err(error) if error.error_len().is_none() => Self(UTF_8),
            Err(_) => Self(WINDOWS_1252),
        }
    }

    /// UTF-8 unless a mark says otherwise.
    pub(crate) fn of_mark(head: &[u8]) -> Self {
        Self(Encoding::for_bom(head).map_or(UTF_8, |(encoding, _)| encoding))
    }

    /// Whether the bytes are UTF-8 as they are.
    pub(crate) fn is_utf_8(self) -> bool {
        self.0 == UTF_8
    }

    /// The name, for people.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// A text in this encoding, as UTF-8.
    pub(crate) fn decode(self, text: &[u8]) -> String {
        self.0.decode(text).0.into_owned()
    }

    /// The beginning of a text without its mark, as UTF-8; one that is no UTF-8 and has no mark stays as it is.
    pub(crate) fn decode_head(self, head: &[u8]) -> Vec<u8> {
        if self.is_utf_8() {
            head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).to_vec()
        } else {
            self.decode(head).into_bytes()
        }
    }

    /// A reader that decodes.
    pub(crate) fn decoding<R: BufRead>(self, input: R) -> Decoded<R> {
        let decoder = self.0.new_decoder_with_bom_removal();
        Decoded { input, decoder, text: vec![0; BUFFER], from: 0, to: 0, ended: false }
    }
}

/// A text that is decoded into UTF-8 while it is read.
pub(crate) struct Decoded<R> {
    input: R,
    decoder: Decoder,
    text: Vec<u8>,
    from: usize,
    to: usize,
    ended: bool,
}

impl<R: BufRead> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.from == self.to && !self.ended {
            let bytes = self.input.fill_buf()?;
            let last = bytes.is_empty();
            let (result, read, written, _) = self.decoder.decode_to_utf8(bytes, &mut self.text, last);
            self.input.consume(read);
            (self.from, self.to) = (0, written);
            self.ended = last && result == encoding_rs::CoderResult::InputEmpty;
        }
        Ok(&self.text[self.from..self.to])
    }

    fn consume(&mut self, amount: usize) {
        self.from += amount;
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let text = self.fill_buf()?;
        let length = text.len().min(buffer.len());
        buffer[..length].copy_from_slice(&text[..length]);
        self.consume(length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (String, &'static str) {
        let encoding = TextEncoding::of(bytes);
        let mut text = String::new();
        encoding.decoding(bytes).read_to_string(&mut text).unwrap();
        (text, encoding.name())
    }

    #[test]
    fn a_text_is_told_by_its_mark_and_by_its_letters() {
        assert_eq!(read("Jörg".as_bytes()), ("Jörg".to_owned(), "UTF-8"));
        assert_eq!(read(b"\xEF\xBB\xBFa"), ("a".to_owned(), "UTF-8"));
        assert_eq!(read(b"\xFF\xFEJ\0\xF6\0"), ("Jö".to_owned(), "UTF-16LE"));
        assert_eq!(read(b"\xFE\xFF\0J\0\xF6"), ("Jö".to_owned(), "UTF-16BE"));
        assert_eq!(read(b"J\xF6rg \x80"), ("Jörg €".to_owned(), "windows-1252"));
        assert_eq!(TextEncoding::of(b"J\xC3").name(), "UTF-8");
        assert!("latin1".parse::<TextEncoding>().is_ok() && "letters".parse::<TextEncoding>().is_err());
    }

    #[test]
    fn long_texts_are_decoded_in_pieces() {
        let text = "ä€".repeat(BUFFER);
        let bytes: Vec<u8> =
            std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&bytes).0, text);
    }
}
