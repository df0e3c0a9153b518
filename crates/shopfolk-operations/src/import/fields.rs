//! The extra fields of which lines have values, found by title, or made.

use std::collections::HashSet;

use shopfolk_model::{
    ExtraField, ExtraFieldBook, ExtraFieldEntry, ExtraFieldId, ExtraFieldKey, ExtraFieldRuleError,
    ExtraFieldTitle, ExtraFieldValues, NewExtraField, Timestamp,
};

use super::{ImportRules, ImportedCustomer, ImportedExtraField, LeftOutReason, Missing};

/// The extra fields of a store, with those that an import makes.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    pub(super) book: ExtraFieldBook,
    /// Ids for those that are made, the next one last.
    ids: Vec<ExtraFieldId>,
    keys: &'a [ExtraFieldKey],
    made: Vec<ExtraField>,
    now: Timestamp,
}

impl<'a> Fields<'a> {
    /// Those of this book; of the keys the first that is free becomes that of a new one.
    pub(super) const fn of(book: ExtraFieldBook, keys: &'a [ExtraFieldKey], now: Timestamp) -> Self {
        Self { book, ids: Vec::new(), keys, made: Vec::new(), now }
    }

    /// Has fields be there that are not written.
    pub(super) fn pretend(&mut self, fields: &[ExtraField]) {
        if !fields.is_empty() {
            self.book = ExtraFieldBook::whole(self.book.fields().iter().chain(fields).cloned().collect());
        }
    }

    /// How many fields these lines may make.
    pub(super) fn missing<'b>(
        &self,
        lines: impl Iterator<Item = &'b ImportedCustomer>,
        rules: &ImportRules,
    ) -> usize {
        let values = lines.flat_map(|line| &line.extra_fields).filter(|said| said.value.is_some());
        let missing = values.filter(|said| self.find(said, rules).is_none());
        match rules.new_fields {
            Missing::Make => missing
                .filter_map(|said| said.title.as_ref().map(ExtraFieldTitle::key))
                .collect::<HashSet<_>>()
                .len(),
            Missing::LeaveOut => 0,
        }
    }

    /// Brings the ids for fields that are made.
    pub(super) fn give_ids(&mut self, mut ids: Vec<ExtraFieldId>) {
        ids.reverse();
        self.ids = ids;
    }

    fn find(&self, said: &ImportedExtraField, rules: &ImportRules) -> Option<&ExtraField> {
        let by_key = || said.key.filter(|_| rules.same_store).and_then(|key| self.book.find(key));
        let by_title = || self.book.find_by_title(said.title.as_ref()?);
        // A name that may be either, as that of a column, is a title first: that is what we write.
        let is_one_name =
            said.title.as_ref().map(ExtraFieldTitle::as_str) == said.key.as_ref().map(ExtraFieldKey::as_str);
        if is_one_name { by_title().or_else(by_key) } else { by_key().or_else(by_title) }
    }

    /// The value with the field that a line means; `None` where it takes away what nobody has.
    ///
    /// # Errors
    /// When there is no such field and none can be made, or the value does not fit.
    pub(super) fn meant(
        &mut self,
        said: &ImportedExtraField,
        rules: &ImportRules,
    ) -> Result<Option<ExtraFieldEntry>, LeftOutReason> {
        let found = self.find(said, rules).map(|field| field.key);
        let key = match (found, &said.title) {
            (Some(key), _) => key,
            (None, _) if said.value.is_none() => return Ok(None),
            (None, Some(title)) if rules.new_fields == Missing::Make => self.make(title, said)?,
            (None, Some(title)) => {
                return Err(ExtraFieldRuleError::Unknown { field: title.to_string() }.into());
            }
            (None, None) => {
                let unknown = |key: ExtraFieldKey| ExtraFieldRuleError::Unknown { field: key.to_string() };
                return Err(said.key.map_or(ExtraFieldRuleError::Unnamed, unknown).into());
            }
        };
        let entry = ExtraFieldEntry { key: Some(key), title: None, value: said.value.clone() };
        self.book.set(ExtraFieldValues::new(), std::slice::from_ref(&entry))?;
        Ok(Some(entry))
    }

    fn make(
        &mut self,
        title: &ExtraFieldTitle,
        said: &ImportedExtraField,
    ) -> Result<ExtraFieldKey, LeftOutReason> {
        let free = self.keys.iter().copied().find(|&key| self.book.find(key).is_none());
        let (Some(key), Some(&id)) = (free, self.ids.last()) else {
            return Err(ExtraFieldRuleError::Unknown { field: title.to_string() }.into());
        };
        let field_type = said.field_type.unwrap_or_default();
        let new = NewExtraField { title: title.clone(), field_type, shown_on_order_details: false };
        let made = self.book.add(new, id, key, self.now)?;
        self.ids.pop();
        self.made.push(made);
        Ok(key)
    }

    /// Those that were made.
    pub(super) fn made(&self) -> &[ExtraField] {
        &self.made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_that_may_be_a_key_or_a_title_is_a_title_first() {
        let now = Timestamp::from_unix_seconds(1).unwrap();
        let mut book = ExtraFieldBook::default();
        let key = |text: &str| ExtraFieldKey::new(text).unwrap();
        let title = |text: &str| ExtraFieldTitle::new(text).unwrap();
        for (id, (name, named)) in (1..).zip([("Size", "AAAAAAA"), ("AAAAAAA", "BBBBBBB")]) {
            let new = NewExtraField {
                title: title(name),
                field_type: shopfolk_model::ExtraFieldType::default(),
                shown_on_order_details: false,
            };
            book.add(new, ExtraFieldId::new(id).unwrap(), key(named), now).unwrap();
        }
        let fields = Fields::of(book, &[], now);
        let rules = ImportRules { same_store: true, ..ImportRules::default() };
        let found = |key_said: Option<&str>, title_said: Option<&str>| {
            let said = ImportedExtraField {
                key: key_said.map(key),
                title: title_said.map(title),
                field_type: None,
                value: None,
            };
            fields.find(&said, &rules).map(|field| field.title.to_string())
        };
        assert_eq!(found(Some("AAAAAAA"), Some("AAAAAAA")).as_deref(), Some("AAAAAAA"));
        assert_eq!(found(Some("BBBBBBB"), Some("BBBBBBB")).as_deref(), Some("AAAAAAA"));
        // A field that has another title by now is known by its key.
        assert_eq!(found(Some("AAAAAAA"), Some("Former title")).as_deref(), Some("Size"));
        assert_eq!(found(None, Some("size")).as_deref(), Some("Size"));
    }
}
