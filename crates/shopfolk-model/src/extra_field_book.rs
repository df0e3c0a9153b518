//! The extra fields of a store's customers, and the rules that hold among them.

use std::collections::BTreeMap;

use crate::{
    ExtraField, ExtraFieldChange, ExtraFieldEntry, ExtraFieldId, ExtraFieldKey, ExtraFieldTitle,
    ExtraFieldType, ExtraFieldValue, MAXIMUM_EXTRA_FIELDS, NewExtraField, Timestamp, TimestampError,
};

/// A customer's values, by the field.
pub type ExtraFieldValues = BTreeMap<ExtraFieldId, ExtraFieldValue>;

/// Why an extra field cannot be added or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtraFieldRuleError {
    /// Another field has the key that was drawn for a new one: another one has to be drawn.
    #[error("Customer extra field with key '{key}' already exists")]
    KeyInUse {
        /// The key.
        key: ExtraFieldKey,
    },
    /// Another field has the title.
    #[error("Customer extra field with title '{title}' already exists")]
    TitleInUse {
        /// The title.
        title: ExtraFieldTitle,
    },
    /// A value names a field that is not there.
    #[error("there is no extra field '{field}'")]
    Unknown {
        /// The key or title.
        field: String,
    },
    /// A value names no field at all.
    #[error("the key or the title of the extra field is missing")]
    Unnamed,
    /// A value of a field with dates is no date.
    #[error("the value of the extra field '{key}' {source}")]
    NoDate {
        /// The field.
        key: ExtraFieldKey,
        /// What is wrong with it.
        source: TimestampError,
    },
    /// Customers have values that do not fit to the type that a field is to have.
    #[error(
        "Customer extra field '{key}' cannot become {field_type}: {values} of its values do not fit to that type"
    )]
    ValuesDoNotFit {
        /// The field.
        key: ExtraFieldKey,
        /// The type.
        field_type: ExtraFieldType,
        /// How many values.
        values: u64,
    },
    /// The store has as many fields as it can have.
    #[error("A store can have at most {MAXIMUM_EXTRA_FIELDS} customer extra fields, this one has that many")]
    Full,
}

/// All extra fields of a store's customers, in the order in which they were created.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExtraFieldBook {
    /// By id.
    fields: Vec<ExtraField>,
}

impl ExtraFieldBook {
    /// The book of a store that has these fields.
    pub fn whole(mut fields: Vec<ExtraField>) -> Self {
        fields.sort_unstable_by_key(|field| field.id);
        Self { fields }
    }

    /// The fields in the order in which they were created.
    pub fn fields(&self) -> &[ExtraField] {
        &self.fields
    }

    /// The field with this key.
    pub fn find(&self, key: ExtraFieldKey) -> Option<&ExtraField> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The field with this title, as titles are compared; of several, the one that is no namesake.
    pub fn find_by_title(&self, title: &ExtraFieldTitle) -> Option<&ExtraField> {
        let key = title.key();
        self.fields.iter().find(|field| !field.namesake && field.title.key() == key)
    }

    /// A customer's values after some were set or taken away; others stay.
    ///
    /// # Errors
    /// When an entry names no field that is there, or a date is none.
    pub fn set(
        &self,
        mut values: ExtraFieldValues,
        entries: &[ExtraFieldEntry],
    ) -> Result<ExtraFieldValues, ExtraFieldRuleError> {
        for entry in entries {
            let field = self.named(entry)?;
            match &entry.value {
                Some(value) => {
                    // What is there already can be sent back as it is.
                    if values.get(&field.id) != Some(value) {
                        field
                            .field_type
                            .ensure_fits(value)
                            .map_err(|source| ExtraFieldRuleError::NoDate { key: field.key, source })?;
                    }
                    values.insert(field.id, value.clone());
                }
                None => {
                    values.remove(&field.id);
                }
            }
        }
        Ok(values)
    }

    fn named(&self, entry: &ExtraFieldEntry) -> Result<&ExtraField, ExtraFieldRuleError> {
        let unknown = |field: String| ExtraFieldRuleError::Unknown { field };
        match (entry.key, &entry.title) {
            (Some(key), _) => self.find(key).ok_or_else(|| unknown(key.to_string())),
            (None, Some(title)) => self.find_by_title(title).ok_or_else(|| unknown(title.to_string())),
            (None, None) => Err(ExtraFieldRuleError::Unnamed),
        }
    }

    /// Adds a field with a key that was drawn at random.
    ///
    /// # Errors
    /// When the title or the key is in use, or there are as many fields as there can be.
    pub fn add(
        &mut self,
        new: NewExtraField,
        id: ExtraFieldId,
        key: ExtraFieldKey,
        now: Timestamp,
    ) -> Result<ExtraField, ExtraFieldRuleError> {
        if self.fields.len() >= MAXIMUM_EXTRA_FIELDS as usize {
            return Err(ExtraFieldRuleError::Full);
        }
        if self.find(key).is_some() {
            return Err(ExtraFieldRuleError::KeyInUse { key });
        }
        let NewExtraField { title, field_type, shown_on_order_details } = new;
        let field = ExtraField {
            id,
            key,
            title,
            field_type,
            shown_on_order_details,
            created: now,
            modified: now,
            namesake: false,
        };
        self.check(&field)?;
        self.fields.push(field.clone());
        Ok(field)
    }

    /// Changes a field; `None` when there is none with that key.
    ///
    /// # Errors
    /// When another field has the title.
    pub fn change(
        &mut self,
        key: ExtraFieldKey,
        change: ExtraFieldChange,
        now: Timestamp,
    ) -> Result<Option<ExtraField>, ExtraFieldRuleError> {
        let Some(place) = self.fields.iter().position(|field| field.key == key) else { return Ok(None) };
        let before = self.fields[place].clone();
        let ExtraFieldChange { title, field_type, shown_on_order_details } = change;
        let title = title.unwrap_or_else(|| before.title.clone());
        let field = ExtraField {
            namesake: before.namesake && title.key() == before.title.key(),
            title,
            field_type: field_type.unwrap_or(before.field_type),
            shown_on_order_details: shown_on_order_details.unwrap_or(before.shown_on_order_details),
            modified: now,
            ..before
        };
        self.check(&field)?;
        self.fields[place] = field.clone();
        Ok(Some(field))
    }

    /// Whether the field may stand beside all others.
    fn check(&self, field: &ExtraField) -> Result<(), ExtraFieldRuleError> {
        match self.find_by_title(&field.title) {
            Some(other) if other.id != field.id && !field.namesake => {
                Err(ExtraFieldRuleError::TitleInUse { title: field.title.clone() })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ExtraFieldType;

    fn id(number: i64) -> ExtraFieldId {
        ExtraFieldId::new(number).unwrap()
    }

    fn key(number: i64) -> ExtraFieldKey {
        ExtraFieldKey::new(&format!("{number:07}")).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds).unwrap()
    }

    fn title(text: &str) -> ExtraFieldTitle {
        ExtraFieldTitle::new(text).unwrap()
    }

    fn new(text: &str) -> NewExtraField {
        NewExtraField {
            title: title(text),
            field_type: ExtraFieldType::DateTime,
            shown_on_order_details: true,
        }
    }

    fn book(titles: &[&str]) -> ExtraFieldBook {
        let mut book = ExtraFieldBook::default();
        for (number, title) in (1..).zip(titles) {
            book.add(new(title), id(number), key(number), at(1)).unwrap();
        }
        book
    }

    #[test]
    fn fields_are_in_the_order_of_their_creation() {
        let mut fields = book(&["B", "A", "C"]).fields().to_vec();
        fields.reverse();
        let book = ExtraFieldBook::whole(fields);
        let titles: Vec<_> = book.fields().iter().map(|field| field.title.as_str()).collect();
        assert_eq!(titles, ["B", "A", "C"]);
        assert_eq!(book.find(key(2)).unwrap().title, title("A"));
        assert_eq!(book.find_by_title(&title("c")).unwrap().key, key(3));
        assert_eq!(book.find(key(9)), None);
    }

    #[test]
    fn a_namesake_keeps_its_title_and_changes_otherwise() {
        let field = |number, namesake| ExtraField {
            id: id(number),
            key: key(number),
            title: title("Größe"),
            field_type: ExtraFieldType::Text,
            shown_on_order_details: false,
            created: at(1),
            modified: at(1),
            namesake,
        };
        let mut book = ExtraFieldBook::whole(vec![field(1, false), field(2, true)]);
        assert_eq!(book.find_by_title(&title("GRÖSSE")).unwrap().key, key(1));
        let shown = ExtraFieldChange { shown_on_order_details: Some(true), ..ExtraFieldChange::default() };
        assert!(book.change(key(1), shown.clone(), at(2)).unwrap().is_some_and(|field| !field.namesake));
        assert!(book.change(key(2), shown, at(2)).unwrap().is_some_and(|field| field.namesake));
        let named = ExtraFieldChange { title: Some(title("Länge")), ..ExtraFieldChange::default() };
        assert!(book.change(key(2), named, at(3)).unwrap().is_some_and(|field| !field.namesake));
    }

    #[test]
    fn a_title_is_there_once_in_any_case() {
        let mut book = book(&["Geburtstag", "Größe"]);
        let refused = book.add(new("GRÖSSE"), id(3), key(3), at(1));
        assert_eq!(refused, Err(ExtraFieldRuleError::TitleInUse { title: title("GRÖSSE") }));
        let change = ExtraFieldChange { title: Some(title("größe")), ..ExtraFieldChange::default() };
        let refused = book.change(key(1), change.clone(), at(2));
        assert_eq!(refused, Err(ExtraFieldRuleError::TitleInUse { title: title("größe") }));
        assert_eq!(book.change(key(2), change, at(2)).unwrap().unwrap().title, title("größe"));
    }

    #[test]
    fn a_key_that_is_there_is_refused() {
        let refused = book(&["A"]).add(new("B"), id(2), key(1), at(1));
        assert_eq!(refused, Err(ExtraFieldRuleError::KeyInUse { key: key(1) }));
    }

    #[test]
    fn values_are_set_by_key_or_title_and_others_stay() {
        let book = book(&["A", "B"]);
        let value = |text: &str| ExtraFieldValue::new(text).unwrap();
        let by_key = |number, text: Option<&str>| ExtraFieldEntry {
            key: Some(key(number)),
            title: Some(title("ignored")),
            value: text.map(value),
        };
        let by_title =
            ExtraFieldEntry { title: Some(title("b")), value: Some(value("2020-01-02")), key: None };
        let values = book.set(ExtraFieldValues::new(), &[by_key(1, Some("0")), by_title]).unwrap();
        assert_eq!(values, ExtraFieldValues::from([(id(1), value("0")), (id(2), value("2020-01-02"))]));
        let values = book.set(values, &[by_key(1, None)]).unwrap();
        assert_eq!(values, ExtraFieldValues::from([(id(2), value("2020-01-02"))]));
        for (entry, message) in [
            (by_key(9, Some("x")), "there is no extra field '0000009'"),
            (ExtraFieldEntry::default(), "the key or the title of the extra field is missing"),
            (by_key(1, Some("soon")), "the value of the extra field '0000001' "),
        ] {
            let refused = book.set(values.clone(), &[entry]).unwrap_err().to_string();
            assert!(refused.starts_with(message), "{refused}");
        }
    }

    #[test]
    fn a_change_keeps_what_it_leaves_out() {
        let mut book = book(&["A"]);
        let change = ExtraFieldChange { shown_on_order_details: Some(false), ..ExtraFieldChange::default() };
        let changed = book.change(key(1), change, at(5)).unwrap().unwrap();
        let expected = ExtraField {
            id: id(1),
            key: key(1),
            title: title("A"),
            field_type: ExtraFieldType::DateTime,
            shown_on_order_details: false,
            created: at(1),
            modified: at(5),
            namesake: false,
        };
        assert_eq!(changed, expected);
        let retyped =
            ExtraFieldChange { field_type: Some(ExtraFieldType::Text), ..ExtraFieldChange::default() };
        let changed = book.change(key(1), retyped, at(6)).unwrap().unwrap();
        assert_eq!(changed, ExtraField { field_type: ExtraFieldType::Text, modified: at(6), ..expected });
        assert_eq!(book.fields(), [changed]);
        assert_eq!(book.change(key(2), ExtraFieldChange::default(), at(7)), Ok(None));
    }

    #[test]
    fn a_store_has_a_hundred_fields_at_the_most() {
        let mut book = ExtraFieldBook::default();
        for number in 1..=i64::from(MAXIMUM_EXTRA_FIELDS) {
            book.add(new(&number.to_string()), id(number), key(number), at(1)).unwrap();
        }
        assert_eq!(book.add(new("more"), id(500), key(500), at(1)), Err(ExtraFieldRuleError::Full));
    }
}
