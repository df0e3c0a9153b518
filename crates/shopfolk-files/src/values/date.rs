//! Dates as people write them.

use std::borrow::Cow;

use serde::Deserialize;
use shopfolk_model::Timestamp;

/// What comes first in a date like `3/4/2024`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DateOrder {
    /// The day, then the month.
    Dmy,
    /// The month, then the day.
    Mdy,
}

const AMBIGUOUS: &str =
    "can be read with the day or with the month first: say which with --dates dmy or --dates mdy";

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A date in a form that the API takes, if it is one of those people write. What is none stays as it is.
///
/// # Errors
/// When day and month can be taken for each other and it is not said which comes first.
pub(super) fn date(cell: &str, order: Option<DateOrder>) -> Result<Cow<'_, str>, &'static str> {
    if Timestamp::parse(cell).is_ok() {
        return Ok(Cow::Borrowed(cell));
    }
    let Some(parts) = Parts::of(cell) else { return Ok(Cow::Borrowed(cell)) };
    let Some(Date { year, month, day }) = parts.date(order)? else { return Ok(Cow::Borrowed(cell)) };
    let Some((hour, minute, second)) = parts.time() else { return Ok(Cow::Borrowed(cell)) };
    let date = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
    // One that there is not stays as it was written.
    Ok(if Timestamp::parse(&date).is_ok() { Cow::Owned(date) } else { Cow::Borrowed(cell) })
}

struct Date {
    year: u32,
    month: u32,
    day: u32,
}

/// A number with how many digits it has.
#[derive(Clone, Copy)]
struct Number {
    value: u32,
    digits: usize,
}

/// The numbers and words of a date.
#[derive(Default)]
struct Parts {
    numbers: Vec<Number>,
    month: Option<u32>,
    afternoon: Option<bool>,
}

impl Parts {
    fn of(text: &str) -> Option<Self> {
        let mut parts = Self::default();
        let mut rest = text.trim();
        while let Some(first) = rest.chars().next() {
            let is_digit = first.is_ascii_digit();
            let same =
                |character: char| character.is_ascii_digit() == is_digit && character.is_alphanumeric();
            let length = rest.find(|character| !same(character)).unwrap_or(rest.len()).max(first.len_utf8());
            let (part, behind) = rest.split_at(length);
            if is_digit {
                parts.numbers.push(Number { value: part.parse().ok()?, digits: part.len() });
            } else if first.is_alphabetic() {
                parts.word(&part.to_lowercase())?;
            } else if !"./-,: ".contains(first) {
                return None;
            }
            rest = behind;
        }
        Some(parts)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        match word {
            "am" => self.afternoon = Some(false),
            "pm" => self.afternoon = Some(true),
            "t" | "z" | "utc" | "gmt" | "at" => {}
            _ => {
                let number = MONTHS.iter().position(|month| word.len() >= 3 && word.starts_with(month))?;
                let month = u32::try_from(number).ok()? + 1;
                if self.month.replace(month).is_some() {
                    return None;
                }
            }
        }
        Some(())
    }

    /// How many numbers the day takes.
    const fn of_day(&self) -> usize {
        if self.month.is_some() { 2 } else { 3 }
    }

    fn date(&self, order: Option<DateOrder>) -> Result<Option<Date>, &'static str> {
        let numbers = self.numbers.get(..self.of_day()).unwrap_or_default();
        let (year, month, day) = match (self.month, numbers) {
            (Some(month), &[day, year]) if year.digits == 4 => (year, month, day.value),
            (None, &[year, month, day]) if year.digits == 4 => (year, month.value, day.value),
            (None, &[one, other, year]) if year.digits == 4 => {
                let (one, other) = (one.value, other.value);
                let (month, day) = match order {
                    _ if one > 12 || one == other => (other, one),
                    _ if other > 12 => (one, other),
                    Some(DateOrder::Dmy) => (other, one),
                    Some(DateOrder::Mdy) => (one, other),
                    None => return Err(AMBIGUOUS),
                };
                (year, month, day)
            }
            _ => return Ok(None),
        };
        Ok(Some(Date { year: year.value, month, day }))
    }

    fn time(&self) -> Option<(u32, u32, u32)> {
        let (hour, minute, second) = match self.numbers.get(self.of_day()..)? {
            [] => return self.afternoon.is_none().then_some((0, 0, 0)),
            [hour, minute] => (hour.value, minute.value, 0),
            [hour, minute, second] => (hour.value, minute.value, second.value),
            _ => return None,
        };
        match self.afternoon {
            None => Some((hour, minute, second)),
            Some(_) if !(1..=12).contains(&hour) => None,
            Some(afternoon) => Some((hour % 12 + if afternoon { 12 } else { 0 }, minute, second)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, order: Option<DateOrder>) -> String {
        let read = date(text, order).unwrap();
        Timestamp::parse(&read).map_or_else(|_| format!("not {read}"), |time| time.to_string())
    }

    #[test]
    fn a_date_that_can_mean_one_day_only_is_that_day() {
        for (text, time) in [
            ("2024-03-12 09:14", "2024-03-12 09:14:00 +0000"),
            ("2024/3/12", "2024-03-12 00:00:00 +0000"),
            ("3/15/2024 2:30 PM", "2024-03-15 14:30:00 +0000"),
            ("3/15/2024 12:05 am", "2024-03-15 00:05:00 +0000"),
            ("15.03.2024", "2024-03-15 00:00:00 +0000"),
            ("15-3-2024 09:14:05", "2024-03-15 09:14:05 +0000"),
            ("4/4/2024", "2024-04-04 00:00:00 +0000"),
            ("12 Mar 2024", "2024-03-12 00:00:00 +0000"),
            ("March 12, 2024 at 2:30 pm", "2024-03-12 14:30:00 +0000"),
            ("2025-03-26T11:07:12Z", "2025-03-26 11:07:12 +0000"),
        ] {
            assert_eq!(read(text, None), time, "{text}");
        }
    }

    #[test]
    fn a_date_with_two_meanings_needs_to_be_told_which_one() {
        assert_eq!(date("12.03.2024", None), Err(AMBIGUOUS));
        assert_eq!(read("12.03.2024", Some(DateOrder::Dmy)), "2024-03-12 00:00:00 +0000");
        assert_eq!(read("12/03/2024", Some(DateOrder::Mdy)), "2024-12-03 00:00:00 +0000");
    }

    #[test]
    fn what_is_no_date_stays_as_it_is() {
        for text in
            ["soon", "", "12/03/24", "31.02.2024", "2024-03-12 25:00", "3/15/2024 14:30 PM", "1 2 3 4 5 6 7"]
        {
            assert!(read(text, None).starts_with("not "), "{text}");
        }
    }
}
