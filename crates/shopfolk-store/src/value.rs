//! The values of columns, and how the words of the model are kept as such.

use std::borrow::Cow;

use serde_json::value::RawValue;
use shopfolk_model::{
    AnswerStatus, AppScopes, BatchMethod, ContactType, Day, ExtraFieldType, Money, OrderBy, ScopeSet,
    SealedSecret, Timestamp, TokenHash, TokenKind,
};

use crate::{Damage, RowReader};

/// A value of a column, as both engines know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// A number; a boolean is 0 or 1.
    Integer(i64),
    /// A text.
    Text(Cow<'a, str>),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// A number of 64 bits.
    BigInteger,
    /// A number of 32 bits.
    Integer,
    /// A number of 16 bits.
    SmallInteger,
    /// True or false.
    Boolean,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
}

impl Value<'_> {
    /// The same value, which owns what is in it.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::Integer(number),
            Self::Text(text) => Value::Text(text.into_owned().into()),
            Self::Bytes(bytes) => Value::Bytes(bytes.into_owned().into()),
        }
    }

    /// The number, where it is one.
    pub const fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    const fn what(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Integer(_) => "a number",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
        }
    }

    fn integer(self) -> Result<i64, String> {
        self.as_integer().ok_or_else(|| format!("it is {}, not a number", self.what()))
    }

    fn text(&self) -> Result<&str, String> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(format!("it is {}, not a text", other.what())),
        }
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

/// A word of the model that is kept in one column.
pub trait Stored: Sized {
    /// The type of the column.
    const TYPE: ColumnType;
    /// Whether the column can hold nothing.
    const NULLABLE: bool = false;

    /// The word as a value.
    fn store(&self) -> Value<'_>;

    /// The word that a value is.
    ///
    /// # Errors
    /// When it is none: why.
    fn load(value: Value<'_>) -> Result<Self, String>;

    /// Reads the word from the next column of a row.
    ///
    /// # Errors
    /// When the column holds none.
    fn read(reader: &mut RowReader<'_>, column: &'static str) -> Result<Self, Damage> {
        reader.next(column)
    }
}

impl<T: Stored> Stored for Option<T> {
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = true;

    fn store(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, T::store)
    }

    fn load(value: Value<'_>) -> Result<Self, String> {
        if value == Value::Null { Ok(None) } else { T::load(value).map(Some) }
    }
}

/// A column that follows from others: it is written, never read, and compared by a check.
#[derive(Debug)]
pub struct Derived<T>(std::marker::PhantomData<T>);

impl<T: Stored> Stored for Derived<T> {
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = T::NULLABLE;

    fn store(&self) -> Value<'_> {
        Value::Null
    }

    fn load(_: Value<'_>) -> Result<Self, String> {
        Ok(Self(std::marker::PhantomData))
    }

    fn read(_: &mut RowReader<'_>, _: &'static str) -> Result<Self, Damage> {
        Ok(Self(std::marker::PhantomData))
    }
}

/// What a column of a record is made from: a word of the record, or one that is made for it.
pub trait IntoValue<'a> {
    /// The value of the column.
    fn into_value(self) -> Value<'a>;
}

impl<'a, T: Stored> IntoValue<'a> for &'a T {
    fn into_value(self) -> Value<'a> {
        self.store()
    }
}

impl<'a, T: Stored> IntoValue<'a> for Option<&'a T> {
    fn into_value(self) -> Value<'a> {
        self.map_or(Value::Null, T::store)
    }
}

/// A word that was made for its column.
pub struct Made<T>(pub T);

impl<'a, T: Stored> IntoValue<'a> for Made<T> {
    fn into_value(self) -> Value<'a> {
        self.0.store().into_owned()
    }
}

macro_rules! numbers {
    ($($word:ty: $type:ident, $number:expr, $parse:expr;)+) => {
        $(impl Stored for $word {
            const TYPE: ColumnType = ColumnType::$type;

            fn store(&self) -> Value<'_> {
                let number: fn(&$word) -> i64 = $number;
                Value::Integer(number(self))
            }

            fn load(value: Value<'_>) -> Result<Self, String> {
                let parse: fn(i64) -> Result<$word, String> = $parse;
                parse(value.integer()?)
            }
        })+
    };
}

fn told<T, E: std::fmt::Display>(outcome: Result<T, E>) -> Result<T, String> {
    outcome.map_err(|error| error.to_string())
}

fn code<T>(number: i64, of: impl FnOnce(u8) -> Option<T>) -> Result<T, String> {
    u8::try_from(number).ok().and_then(of).ok_or_else(|| format!("there is no type {number}"))
}

macro_rules! id_numbers {
    ($($id:ident)+) => {
        numbers! { $(shopfolk_model::$id: BigInteger, |id| id.get(), |number| told(shopfolk_model::$id::new(number));)+ }
    };
}

shopfolk_model::for_every_id!(id_numbers);

numbers! {
    i64: BigInteger, |number| *number, Ok;
    bool: Boolean, |flag| i64::from(*flag), |number| match number {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(format!("{other} is neither 0 nor 1")),
    };
    Timestamp: BigInteger, |time| time.unix_seconds(), |number| told(Timestamp::from_unix_seconds(number));
    Day: BigInteger, |day| day.number(), |number| told(Day::from_number(number));
    Money: BigInteger, |money| money.units(), |number| Ok(Money::from_units(number));
    u64: BigInteger, |count| i64::try_from(*count).unwrap_or(i64::MAX), |number| told(u64::try_from(number));
    u32: Integer, |count| i64::from(*count), |number| told(u32::try_from(number));
    u8: SmallInteger, |code| i64::from(*code), |number| told(u8::try_from(number));
    OrderBy: Integer, |place| place.get().into(), |number| told(OrderBy::new(number));
    ContactType: SmallInteger, |kind| kind.code().into(), |number| code(number, ContactType::from_code);
    BatchMethod: SmallInteger, |method| method.code().into(), |number| code(number, BatchMethod::from_code);
    AnswerStatus: SmallInteger, |status| status.get().into(), |number| {
        told(u16::try_from(number)).and_then(|number| told(AnswerStatus::new(number)))
    };
    ExtraFieldType: SmallInteger, |kind| kind.code().into(), |number| code(number, ExtraFieldType::from_code);
    TokenKind: Boolean, |kind| (*kind == TokenKind::Public).into(), |number| {
        bool::load(Value::Integer(number)).map(|public| if public { TokenKind::Public } else { TokenKind::Secret })
    };
}

macro_rules! read_texts {
    ($read:ident: $($word:ident)+) => {
        $(impl Stored for shopfolk_model::$word {
            const TYPE: ColumnType = ColumnType::Text;

            fn store(&self) -> Value<'_> {
                self.as_str().into()
            }

            fn load(value: Value<'_>) -> Result<Self, String> {
                told(Self::$read(value.text()?))
            }
        })+
    };
}

macro_rules! texts {
    ($($word:ident)+) => {
        read_texts! { from_stored: $($word)+ }
    };
}

shopfolk_model::for_every_text!(texts);
texts! { EmailAddress }
read_texts! { new: ExtraFieldKey OrderKey PasswordHash RedirectUrl StoreKey }

macro_rules! uuids {
    ($($word:ident)+) => {
        $(impl Stored for shopfolk_model::$word {
            const TYPE: ColumnType = ColumnType::Text;

            fn store(&self) -> Value<'_> {
                self.to_string().into()
            }

            fn load(value: Value<'_>) -> Result<Self, String> {
                told(value.text()?.parse())
            }
        })+
    };
}

uuids! { Ticket DeduplicationKey }

impl Stored for String {
    const TYPE: ColumnType = ColumnType::Text;

    fn store(&self) -> Value<'_> {
        self.as_str().into()
    }

    fn load(value: Value<'_>) -> Result<Self, String> {
        value.text().map(str::to_owned)
    }
}

/// A text that is a JSON object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonObject(pub String);

impl Stored for JsonObject {
    const TYPE: ColumnType = ColumnType::Text;

    fn store(&self) -> Value<'_> {
        self.0.as_str().into()
    }

    fn load(value: Value<'_>) -> Result<Self, String> {
        let text = String::load(value)?;
        let json: &RawValue = told(serde_json::from_str(&text))?;
        if json.get().starts_with('{') { Ok(Self(text)) } else { Err("it is no JSON object".to_owned()) }
    }
}

impl Stored for ScopeSet {
    const TYPE: ColumnType = ColumnType::Text;

    fn store(&self) -> Value<'_> {
        self.to_string().into()
    }

    fn load(value: Value<'_>) -> Result<Self, String> {
        told(value.text()?.parse())
    }
}

impl Stored for AppScopes {
    const TYPE: ColumnType = ColumnType::Text;

    fn store(&self) -> Value<'_> {
        self.to_string().into()
    }

    fn load(value: Value<'_>) -> Result<Self, String> {
        told(value.text()?.parse())
    }
}

impl Stored for SealedSecret {
    const TYPE: ColumnType = ColumnType::Bytes;

    fn store(&self) -> Value<'_> {
        Value::Bytes(self.as_bytes().into())
    }

    fn load(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Bytes(bytes) => told(Self::from_stored(&bytes)),
            other => Err(format!("it is {}, not a sealed secret", other.what())),
        }
    }
}

impl Stored for TokenHash {
    const TYPE: ColumnType = ColumnType::Bytes;

    fn store(&self) -> Value<'_> {
        Value::Bytes(self.as_bytes().as_slice().into())
    }

    fn load(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Bytes(bytes) => told((*bytes).try_into()).map(Self::from_stored),
            other => Err(format!("it is {}, not a hash", other.what())),
        }
    }
}
