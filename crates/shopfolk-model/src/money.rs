//! Amounts of money, exact to a ten-thousandth.

use std::fmt;

/// The text is no amount that can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number from 0 to {}", Money::LARGEST_ORDER)]
pub struct InvalidMoney;

/// An amount in the store's currency, in ten-thousandths: sums of it are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

impl Money {
    /// The most that one order can be worth: so that what all orders of a customer are worth fits too.
    pub const LARGEST_ORDER: i64 = 1_000_000_000;
    const UNITS: i64 = 10_000;
    const DIGITS: usize = 4;

    /// The amount of so many ten-thousandths, as a database keeps it.
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// How many ten-thousandths it is.
    pub const fn units(self) -> i64 {
        self.0
    }

    /// The amount in the decimal text of a JSON number, from 0 to [`Self::LARGEST_ORDER`]; digits behind the fourth are
    /// rounded, half up.
    ///
    /// # Errors
    /// When it is no number or out of range.
    pub fn parse(number: &str) -> Result<Self, InvalidMoney> {
        let (mantissa, exponent) = match number.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| InvalidMoney)?),
            None => (number, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() || !(whole.bytes().chain(fraction.bytes())).all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidMoney);
        }
        let digits = format!("{whole}{fraction}");
        // Where the point is among the digits once the amount is in ten-thousandths.
        let point =
            i64::try_from(whole.len() + Self::DIGITS).map_err(|_| InvalidMoney)? + i64::from(exponent);
        let digits = digits.trim_start_matches('0');
        let point =
            point - i64::try_from(whole.len() + fraction.len() - digits.len()).map_err(|_| InvalidMoney)?;
        if digits.is_empty() || point < 0 {
            return Ok(Self(0));
        }
        let point = usize::try_from(point).map_err(|_| InvalidMoney)?;
        if point > 18 {
            return Err(InvalidMoney);
        }
        let padded = format!("{digits:0<point$}");
        let units: i64 = if point == 0 { 0 } else { padded[..point].parse().map_err(|_| InvalidMoney)? };
        let rounded = units + i64::from(padded.as_bytes().get(point).is_some_and(|digit| *digit >= b'5'));
        if rounded > Self::LARGEST_ORDER * Self::UNITS {
            return Err(InvalidMoney);
        }
        Ok(Self(rounded))
    }

    /// The sum; `None` when it is too large to be kept.
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, at least nothing.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self((self.0 - other.0).max(0))
    }

    /// The share of one of so many, to a hundredth, half up; nothing for nobody.
    #[must_use]
    pub fn average(self, count: u64) -> Self {
        const HUNDREDTH: i128 = 100;
        if count == 0 {
            return Self(0);
        }
        let divisor = i128::from(count) * HUNDREDTH;
        let hundredths = (i128::from(self.0) * 2 + divisor) / (divisor * 2);
        // No larger than the amount itself and a hundredth.
        Self(i64::try_from(hundredths * HUNDREDTH).unwrap_or(self.0))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / Self::UNITS, self.0 % Self::UNITS);
        if fraction == 0 {
            return write!(formatter, "{whole}");
        }
        let fraction = format!("{fraction:04}");
        write!(formatter, "{whole}.{}", fraction.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_exactly() {
        for (text, shown) in [
            ("0", "0"),
            ("12", "12"),
            ("12.5", "12.5"),
            ("0.1", "0.1"),
            ("0.0001", "0.0001"),
            ("0.00005", "0.0001"),
            ("0.00004", "0"),
            ("123.45678", "123.4568"),
            ("1e3", "1000"),
            ("1.25e-1", "0.125"),
            ("1e-9", "0"),
            ("5e-5", "0.0001"),
            ("1000000000", "1000000000"),
            ("0.0", "0"),
        ] {
            assert_eq!(Money::parse(text).map(|money| money.to_string()), Ok(shown.to_owned()), "{text}");
        }
        for text in ["-1", "", "x", "1e99", "1000000000.1", "99999999999999999999", ".5", "1e"] {
            assert_eq!(Money::parse(text), Err(InvalidMoney), "{text}");
        }
    }

    #[test]
    fn the_average_is_rounded_to_a_hundredth() {
        let money = |text| Money::parse(text).unwrap();
        assert_eq!(money("10").average(3), money("3.33"));
        assert_eq!(money("20").average(3), money("6.67"));
        assert_eq!(money("0.01").average(2), money("0.01"));
        assert_eq!(money("5").average(0), money("0"));
    }
}
