//! An order, as far as customers need it, and what a customer's orders amount to.

use std::fmt;

use rand::{CryptoRng, RngExt};

use crate::{CustomerId, EmailAddress, Money, OrderNumber, ProductId, Timestamp};

/// The most products that are kept of an order.
pub const MAXIMUM_ORDER_ITEMS: u32 = 1_000;

/// The text is no key of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {} capital letters and digits", OrderKey::LENGTH)]
pub struct InvalidOrderKey;

/// The name by which callers know an order: 5 capital letters and digits, given at random.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey([u8; Self::LENGTH]);

impl OrderKey {
    /// How many letters and digits a key has.
    pub const LENGTH: usize = 5;
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    /// A new key: one of some 60 million. It has a letter, so that it is never taken for a number.
    pub fn generate<R: CryptoRng + ?Sized>(random: &mut R) -> Self {
        let mut key = std::array::from_fn(|_| Self::LETTERS[random.random_range(0..Self::LETTERS.len())]);
        key[0] = Self::LETTERS[random.random_range(0..26)];
        Self(key)
    }

    /// The key in this text, in letters of any case.
    ///
    /// # Errors
    /// When the text is not made of 5 letters and digits.
    pub fn new(text: &str) -> Result<Self, InvalidOrderKey> {
        let key: [u8; Self::LENGTH] =
            text.to_ascii_uppercase().as_bytes().try_into().map_err(|_| InvalidOrderKey)?;
        if key.iter().all(|byte| Self::LETTERS.contains(byte)) { Ok(Self(key)) } else { Err(InvalidOrderKey) }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        // Letters and digits of ASCII are always text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for OrderKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(formatter)
    }
}

/// A product that was bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedProduct {
    /// The product.
    pub id: ProductId,
    /// Its name; empty where none was said.
    pub name: String,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The number, unique in the store.
    pub number: OrderNumber,
    /// The key, unique in the store.
    pub key: OrderKey,
    /// Who ordered; `None` when that customer was deleted.
    pub customer: Option<CustomerId>,
    /// The e-mail address that was given, or else the customer's own.
    pub email: EmailAddress,
    /// What it is worth.
    pub total: Money,
    /// When it was made.
    pub created: Timestamp,
    /// What was bought, each product once.
    pub products: Vec<OrderedProduct>,
    /// The order as it was sent: a JSON object.
    pub document: String,
}

/// What a customer's orders amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OrderStatistics {
    /// How many orders there are.
    pub orders: u64,
    /// What they are worth together.
    pub sales: Money,
    /// When the first was made.
    pub first: Option<Timestamp>,
    /// When the last was made.
    pub last: Option<Timestamp>,
}

impl OrderStatistics {
    /// The statistics with one more order; `None` when the sum is too large to be kept.
    pub fn with(self, total: Money, created: Timestamp) -> Option<Self> {
        Some(Self {
            orders: self.orders + 1,
            sales: self.sales.plus(total)?,
            first: Some(self.first.map_or(created, |first| first.min(created))),
            last: Some(self.last.map_or(created, |last| last.max(created))),
        })
    }

    /// The statistics with one order less; `first` and `last` are those of the others.
    #[must_use]
    pub fn without(self, total: Money, first: Option<Timestamp>, last: Option<Timestamp>) -> Self {
        Self { orders: self.orders.saturating_sub(1), sales: self.sales.minus(total), first, last }
    }

    /// What an order is worth on average, to a hundredth.
    pub fn average(self) -> Money {
        self.sales.average(self.orders)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds).unwrap()
    }

    #[test]
    fn a_key_is_5_letters_and_digits_and_no_number() {
        assert_eq!(OrderKey::new("eg4h2").unwrap().as_str(), "EG4H2");
        for text in ["", "EG4H", "EG4H22", "EG-H2", "ÉG4H"] {
            assert_eq!(OrderKey::new(text), Err(InvalidOrderKey), "{text}");
        }
        let mut random = StdRng::seed_from_u64(1);
        for _ in 0..1_000 {
            let key = OrderKey::generate(&mut random);
            assert_eq!(OrderKey::new(key.as_str()), Ok(key));
            assert!(key.as_str().parse::<u64>().is_err());
        }
    }

    #[test]
    fn statistics_follow_the_orders() {
        let money = |text| Money::parse(text).unwrap();
        let one = OrderStatistics::default().with(money("10.10"), at(5)).unwrap();
        let two = one.with(money("5"), at(3)).unwrap();
        let expected =
            OrderStatistics { orders: 2, sales: money("15.1"), first: Some(at(3)), last: Some(at(5)) };
        assert_eq!((two, two.average()), (expected, money("7.55")));
        assert_eq!(two.without(money("5"), Some(at(5)), Some(at(5))), one);
        assert_eq!(one.without(money("10.1"), None, None), OrderStatistics::default());
    }
}
