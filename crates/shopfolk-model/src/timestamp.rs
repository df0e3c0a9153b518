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
        "must be UNIX seconds or a date such as '2025-03-26 11:07:12 +0000', '2025-03-26 11:07:12 UTC', '2025-03-26 11:07:12', '2025-03-26' or \
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

    /// Reads UNIX seconds (a fraction is dropped), `yyyy-MM-dd HH:mm:ss Z` with any offset or the name of a zone, `yyyy-MM-dd HH:mm:ss` and `yyyy-MM-dd` (both
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
        if let Some(seconds) = whole_seconds(digits) {
            // Before 1970 there is no point, whatever the fraction.
            let seconds = if digits.len() == text.len() { seconds } else { -1 };
            return Self::from_unix_seconds(seconds);
        }
        let seconds = parse_with_offset(text)
            .or_else(|| parse_with_zone(text))
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

/// The whole seconds of a number with a fraction.
fn whole_seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.')?;
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(whole) && is_number(fraction)).then(|| whole.parse().unwrap_or(i64::MAX))
}

/// Names of zones that clients write where the time zone of their machine is meant, with the minutes by which each is ahead of
/// UTC. Where two zones have one name, the one with more people who write so.
const ZONES: &[(&str, i64)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("Z", 0),
    ("WET", 0),
    ("WEST", 60),
    ("BST", 60),
    ("CET", 60),
    ("CEST", 120),
    ("EET", 120),
    ("EEST", 180),
    ("MSK", 180),
    ("SAST", 120),
    ("IST", 330),
    ("PKT", 300),
    ("HKT", 480),
    ("SGT", 480),
    ("AWST", 480),
    ("JST", 540),
    ("KST", 540),
    ("ACST", 570),
    ("ACDT", 630),
    ("AEST", 600),
    ("AEDT", 660),
    ("NZST", 720),
    ("NZDT", 780),
    ("NST", -210),
    ("NDT", -150),
    ("AST", -240),
    ("ADT", -180),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PST", -480),
    ("PDT", -420),
    ("AKST", -540),
    ("AKDT", -480),
    ("HST", -600),
    ("BRT", -180),
    ("ART", -180),
];

/// Reads `yyyy-MM-dd HH:mm:ss ZONE`, where the zone is a name, such as `CET`, or one with an offset, such as `GMT+04:00`.
fn parse_with_zone(text: &str) -> Option<i64> {
    let (date_time, zone) = text.rsplit_once(' ')?;
    let seconds = DateTime::strptime("%Y-%m-%d %H:%M:%S", date_time.trim_end()).ok().map(utc_seconds)?;
    let zone = zone.to_ascii_uppercase();
    let named = ZONES.iter().find(|(name, _)| *name == zone).map(|&(_, minutes)| minutes);
    let minutes =
        named.or_else(|| minutes_ahead(zone.strip_prefix("GMT").or_else(|| zone.strip_prefix("UTC"))?))?;
    Some(seconds - minutes * 60)
}

/// The minutes of an offset such as `+04:00`, `-0330` or `+4`.
fn minutes_ahead(offset: &str) -> Option<i64> {
    let (sign, digits) = match offset.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() <= 2 => (digits, "00"),
        None => digits.split_at_checked(digits.len() - 2)?,
    };
    let number = |text: &str, most: i64| {
        let is_short = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|&number: &i64| is_short && number <= most)
    };
    Some(sign * (number(hours, 23)? * 60 + number(minutes, 59)?))
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
            "1742987232.9",
            "2025-03-26 11:07:12 UTC",
            "2025-03-26 11:07:12 gmt",
            "2025-03-26 12:07:12 CET",
            "2025-03-26 03:07:12 PST",
            "2025-03-26 04:07:12 PDT",
            "2025-03-26 15:07:12 GMT+04:00",
            "2025-03-26 07:37:12 GMT-03:30",
            "2025-03-26 15:07:12 UTC+4",
        ] {
            assert_eq!(Timestamp::parse(text), Ok(EXAMPLE), "{text}");
        }
        assert_eq!(Timestamp::parse("2025-03-26").unwrap().to_string(), "2025-03-26 00:00:00 +0000");
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "yesterday",
            "2025-13-01",
            "2025-02-30",
            "26.03.2025",
            ".5",
            "12.",
            "2025-03-26 25:00:00",
            "2025-03-26 11:07:12 XYZ",
            "2025-03-26 11:07:12 GMT+",
            "2025-03-26 11:07:12 GMT+99",
            "2025-03-26 11:07:12 GMT+é0",
            "2025-03-26 11:07:12 GMT+1:2:3",
            "yesterday UTC",
        ] {
            assert_eq!(Timestamp::parse(text), Err(TimestampError::Form), "{text}");
        }
    }

    #[test]
    fn the_range_is_1970_to_9999() {
        for text in [
            "-1",
            "-0.5",
            "1969-12-31",
            "1970-01-01 00:00:00 CET",
            "99999999999999999999.5",
            "253402300800",
            "99999999999999999999",
        ] {
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
