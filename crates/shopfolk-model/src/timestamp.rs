//! Points in time, in whole seconds.

use std::fmt;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;

const SECONDS_A_DAY: i64 = 86_400;

/// A point in time in whole seconds of UTC, from 1970-01-01 to 9999-12-31.
///
/// Shown as `2025-03-26 11:07:12 +0000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why a text or number is not a point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// None of the accepted forms.
    #[error(
        "must be UNIX seconds or a date such as '2025-03-26 11:07:12 +0000', '2025-03-26 11:07:12', '2025-03-26' or \
         '2025-03-26T11:07:12Z'"
    )]
    Form,
    /// A date, but not between 1970 and 9999.
    #[error("must be from 1970-01-01 to 9999-12-31")]
    Range,
}

impl Timestamp {
    /// 9999-12-31 23:59:59 UTC.
    pub const MAXIMUM: Self = Self(253_402_300_799);

    /// The point this many seconds after 1970-01-01 00:00:00 UTC.
    ///
    /// # Errors
    /// [`TimestampError::Range`] when it is negative or after the year 9999.
    pub const fn from_unix_seconds(seconds: i64) -> Result<Self, TimestampError> {
        if seconds < 0 || seconds > Self::MAXIMUM.0 { Err(TimestampError::Range) } else { Ok(Self(seconds)) }
    }

    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub const fn unix_seconds(self) -> i64 {
        self.0
    }

    /// The time so long before this one, in whole seconds; the earliest there is when there is none.
    #[must_use]
    pub fn before(self, duration: std::time::Duration) -> Self {
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        Self::from_unix_seconds(self.unix_seconds().saturating_sub(seconds).max(0)).unwrap_or(self)
    }

    /// The day, in UTC, that the point is in.
    pub const fn day(self) -> Day {
        Day(self.0 / SECONDS_A_DAY)
    }

    /// Reads UNIX seconds, `yyyy-MM-dd HH:mm:ss Z` with any offset, `yyyy-MM-dd HH:mm:ss` and `yyyy-MM-dd` (both
    /// UTC), or RFC 3339. Fractions of a second are dropped.
    ///
    /// # Errors
    /// When it is none of these, or out of range.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let text = text.trim();
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let seconds = text.parse().map_err(|_| TimestampError::Range)?;
            return Self::from_unix_seconds(seconds);
        }
        let seconds = parse_with_offset(text)
            .or_else(|| DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok().map(utc_seconds))
            .or_else(|| Date::strptime("%Y-%m-%d", text).ok().map(|date| utc_seconds(date.at(0, 0, 0, 0))))
            .or_else(|| parse_rfc_3339(text))
            .ok_or(TimestampError::Form)?;
        Self::from_unix_seconds(seconds)
    }

    fn date_time(self) -> DateTime {
        // `jiff::Timestamp` ends a day before this type does; civil time goes on to the end of the year 9999.
        match jiff::Timestamp::from_second(self.0) {
            Ok(timestamp) => TimeZone::UTC.to_datetime(timestamp),
            Err(_) => EPOCH.saturating_add(SignedDuration::from_secs(self.0)),
        }
    }
}

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

fn parse_with_offset(text: &str) -> Option<i64> {
    let parsed = strtime::parse("%Y-%m-%d %H:%M:%S %z", text).ok()?;
    Some(utc_seconds(parsed.to_datetime().ok()?) - i64::from(parsed.offset()?.seconds()))
}

fn parse_rfc_3339(text: &str) -> Option<i64> {
    let pieces = Pieces::parse(text).ok()?;
    let offset = pieces.to_numeric_offset()?;
    Some(utc_seconds(pieces.date().to_datetime(pieces.time()?)) - i64::from(offset.seconds()))
}

fn utc_seconds(date_time: DateTime) -> i64 {
    date_time.duration_since(EPOCH).as_secs()
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.date_time();
        let (year, month, day) = (time.year(), time.month(), time.day());
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        write!(formatter, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} +0000")
    }
}

/// A day in UTC, counted from 1970-01-01, shown as `2025-03-26`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    /// The day this many days after 1970-01-01.
    ///
    /// # Errors
    /// [`TimestampError::Range`] when it is negative or after the year 9999.
    pub const fn from_number(number: i64) -> Result<Self, TimestampError> {
        let maximum = Timestamp::MAXIMUM.day().0;
        if number < 0 || number > maximum { Err(TimestampError::Range) } else { Ok(Self(number)) }
    }

    /// Days since 1970-01-01.
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Timestamp(self.0 * SECONDS_A_DAY).date_time().date().fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXAMPLE: Timestamp = Timestamp(1_742_987_232);

    #[test]
    fn every_form_is_read() {
        for text in [
            "1742987232",
            "2025-03-26 11:07:12 +0000",
            "2025-03-26 13:07:12 +0200",
            "2025-03-26 06:07:12 -0500",
            "2025-03-26 11:07:12",
            "2025-03-26T11:07:12Z",
            "2025-03-26T13:07:12.5+02:00",
        ] {
            assert_eq!(Timestamp::parse(text), Ok(EXAMPLE), "{text}");
        }
        assert_eq!(Timestamp::parse("2025-03-26").unwrap().to_string(), "2025-03-26 00:00:00 +0000");
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "yesterday", "2025-13-01", "2025-02-30", "26.03.2025", "12.5", "2025-03-26 25:00:00"]
        {
            assert_eq!(Timestamp::parse(text), Err(TimestampError::Form), "{text}");
        }
    }

    #[test]
    fn the_range_is_1970_to_9999() {
        for text in ["-1", "1969-12-31", "253402300800", "99999999999999999999"] {
            assert_eq!(Timestamp::parse(text), Err(TimestampError::Range), "{text}");
        }
        assert_eq!(Timestamp::parse("1970-01-01"), Ok(Timestamp(0)));
        assert_eq!(Timestamp::parse("9999-12-31 23:59:59"), Ok(Timestamp::MAXIMUM));
    }

    #[test]
    fn a_day_is_shown_as_a_date() {
        assert_eq!(EXAMPLE.day().to_string(), "2025-03-26");
        assert_eq!(Timestamp::MAXIMUM.day().to_string(), "9999-12-31");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(seconds in 0..=Timestamp::MAXIMUM.0) {
            let timestamp = Timestamp(seconds);
            prop_assert_eq!(Timestamp::parse(&timestamp.to_string()), Ok(timestamp));
        }
    }
}
