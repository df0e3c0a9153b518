//! Lines of vCards, as RFC 6350 (4.0), RFC 2426 (3.0) and RFC 6868 (what parameters cannot hold) have them.
//!
//! calcard, which reads vCards, writes what a parameter cannot hold with backslashes, which only calcard reads: others find no
//! end of `USERNAME="the \"Olsen\" tea"` and give up on the whole file. It names a character set in 3.0 too, which has none. So
//! lines are written here.

use std::borrow::Cow;

/// The longest line, in bytes, without its end.
const LONGEST_LINE: usize = 75;

/// The lines of cards.
#[derive(Debug)]
pub(super) struct CardLines {
    text: String,
    /// How long the line is that is being written.
    length: usize,
}

/// A property that is being written. Its value comes last.
#[derive(Debug)]
pub(super) struct Property<'a> {
    lines: &'a mut CardLines,
}

impl CardLines {
    /// None yet.
    pub(super) const fn new() -> Self {
        Self { text: String::new(), length: 0 }
    }

    /// Everything written so far.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Forgets what was written.
    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    /// Begins a property.
    pub(super) fn property(&mut self, name: &str) -> Property<'_> {
        self.push(name);
        Property { lines: self }
    }

    /// Begins a property that belongs to the others of a group, if it is in one.
    pub(super) fn property_in(&mut self, group: Option<&str>, name: &str) -> Property<'_> {
        if let Some(group) = group {
            self.push(group);
            self.push(".");
        }
        self.property(name)
    }

    /// Adds what may not be parted to the line, or to the next one where it does not fit any more.
    fn push(&mut self, whole: &str) {
        if self.length + whole.len() > LONGEST_LINE {
            self.text.push_str("\r\n ");
            self.length = 1;
        }
        self.text.push_str(whole);
        self.length += whole.len();
    }

    /// Adds characters, of which none is parted.
    fn push_characters(&mut self, text: &str) {
        let mut bytes = [0; 4];
        for character in text.chars() {
            self.push(character.encode_utf8(&mut bytes));
        }
    }

    fn push_text(&mut self, text: &str) {
        let mut bytes = [0; 4];
        for character in text.chars() {
            match character {
                '\\' => self.push("\\\\"),
                '\n' => self.push("\\n"),
                ',' => self.push("\\,"),
                ';' => self.push("\\;"),
                other => self.push(other.encode_utf8(&mut bytes)),
            }
        }
    }

    fn end_line(&mut self) {
        self.text.push_str("\r\n");
        self.length = 0;
    }
}

impl Property<'_> {
    /// Adds a parameter.
    pub(super) fn parameter(self, name: &str, value: &str) -> Self {
        self.lines.push(";");
        self.lines.push(name);
        self.lines.push("=");
        let value = encoded(value);
        // Blanks too, so that no reader takes them away.
        let is_quoted = value.contains([':', ';', ',', ' ', '\t', '=']);
        let quote = if is_quoted { "\"" } else { "" };
        self.lines.push(quote);
        self.lines.push_characters(&value);
        self.lines.push(quote);
        self
    }

    /// Adds a parameter where there is a value for it.
    pub(super) fn optional(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.parameter(name, value),
            None => self,
        }
    }

    /// Ends the property with a text.
    pub(super) fn text(self, text: &str) {
        self.structured([text]);
    }

    /// Ends the property with the parts of a structured value.
    pub(super) fn structured<'t>(self, parts: impl IntoIterator<Item = &'t str>) {
        self.lines.push(":");
        for (number, part) in parts.into_iter().enumerate() {
            if number > 0 {
                self.lines.push(";");
            }
            self.lines.push_text(part);
        }
        self.lines.end_line();
    }

    /// Ends the property with a link, in which commas and semicolons stand for themselves.
    pub(super) fn link(self, link: &str) {
        self.lines.push(":");
        // What is meant to be a link may be any text, and must stay one line.
        for part in link.split_inclusive(['\\', '\n']) {
            match part.strip_suffix(['\\', '\n']) {
                Some(before) => {
                    self.lines.push_characters(before);
                    self.lines.push(if part.ends_with('\n') { "\\n" } else { "\\\\" });
                }
                None => self.lines.push_characters(part),
            }
        }
        self.lines.end_line();
    }
}

/// The value of a parameter by RFC 6868.
fn encoded(value: &str) -> Cow<'_, str> {
    if !value.contains(['^', '"', '\n']) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.replace('^', "^^").replace('"', "^'").replace('\n', "^n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut CardLines)) -> String {
        let mut lines = CardLines::new();
        write(&mut lines);
        lines.text
    }

    #[test]
    fn parameters_hold_quotes_and_line_ends_by_rfc_6868() {
        let line = written(|lines| {
            lines
                .property("X")
                .parameter("USERNAME", "the \"Olsen\" tea^2\nx")
                .parameter("TYPE", "a")
                .text("1");
        });
        assert_eq!(line, "X;USERNAME=\"the ^'Olsen^' tea^^2^nx\";TYPE=a:1\r\n");
        assert_eq!(
            written(|lines| lines.property("X").parameter("A", "a:b;c,d").text("")),
            "X;A=\"a:b;c,d\":\r\n"
        );
    }

    #[test]
    fn texts_and_their_parts_are_told_apart() {
        assert_eq!(
            written(|lines| lines.property("NOTE").text("a,b;c\\d\ne")),
            "NOTE:a\\,b\\;c\\\\d\\ne\r\n"
        );
        assert_eq!(
            written(|lines| lines.property_in(Some("g1"), "N").structured(["a;b", "", "c"])),
            "g1.N:a\\;b;;c\r\n"
        );
        assert_eq!(written(|lines| lines.property("URL").link("x:?a,b;c\\\nd")), "URL:x:?a,b;c\\\\\\nd\r\n");
    }

    #[test]
    fn no_line_is_too_long_and_no_character_or_escape_is_parted() {
        for shift in 0..8 {
            let text = format!("{}{}{}", "x".repeat(shift), "ä€😀".repeat(60), ",;\n\\".repeat(40));
            let lines = written(|lines| {
                lines.property("NOTE").parameter("X", &"ß^".repeat(50)).text(&text);
            });
            let physical: Vec<_> = lines.strip_suffix("\r\n").unwrap().split("\r\n").collect();
            assert!(physical.iter().all(|line| line.len() <= LONGEST_LINE), "{physical:?}");
            assert!(physical[1..].iter().all(|line| line.starts_with(' ') && line.len() > 1), "{physical:?}");
            // Each line for itself has whole characters, and an even number of backslashes or an escaped character at its end.
            let escape_is_open = |line: &&&str| (line.len() - line.trim_end_matches('\\').len()) % 2 == 1;
            assert_eq!(physical.iter().filter(escape_is_open).count(), 0, "{physical:?}");
            let unfolded = lines.replace("\r\n ", "");
            assert!(unfolded.ends_with(&format!("{}\r\n", "\\,\\;\\n\\\\".repeat(40))), "{unfolded}");
        }
    }
}
