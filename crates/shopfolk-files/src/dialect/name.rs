//! Names of columns, however they are written.

use std::collections::HashMap;

/// What stands for a number in a name.
const NUMBER: char = '#';

/// The letters and digits of a name in lower case: case, spaces and punctuation tell no names apart.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Names with what they mean; `#` in a name stands for a number.
#[derive(Debug)]
pub(crate) struct Names<T> {
    exact: HashMap<String, T>,
    numbered: Vec<(String, String, T)>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { exact: HashMap::new(), numbered: Vec::new() }
    }
}

impl<T> Names<T> {
    /// Adds a name; a name that is there already keeps its meaning.
    pub(crate) fn add(&mut self, name: &str, meaning: T) {
        match name.split_once(NUMBER) {
            Some((before, behind)) => self.numbered.push((plain(before), plain(behind), meaning)),
            None => {
                self.exact.entry(plain(name)).or_insert(meaning);
            }
        }
    }

    /// What a plain name means, with the number in it.
    pub(crate) fn find(&self, name: &str) -> Option<(&T, Option<usize>)> {
        if let Some(meaning) = self.exact.get(name) {
            return Some((meaning, None));
        }
        self.numbered.iter().find_map(|(before, behind, meaning)| {
            let number = name.strip_prefix(before.as_str())?.strip_suffix(behind.as_str())?;
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let number = number.parse().ok().filter(|_| is_number)?;
            Some((meaning, Some(number)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_it_is_written() {
        let mut names = Names::default();
        names.add("First Name", 1);
        names.add("E-mail # - Value", 2);
        for name in ["firstName", "first_name", "FIRST NAME", "First Name *"] {
            assert_eq!(names.find(&plain(name)), Some((&1, None)), "{name}");
        }
        assert_eq!(names.find(&plain("E-mail 12 - Value")), Some((&2, Some(12))));
        for name in ["E-mail - Value", "E-mail x - Value", "Name", ""] {
            assert_eq!(names.find(&plain(name)), None, "{name}");
        }
    }
}
