//! What a store's profile says besides the name of the store.

use std::collections::BTreeMap;

/// The fields of one section, each with its value as JSON.
pub type ProfileSection = BTreeMap<String, String>;

/// What is kept of a store's profile, by section, such as `settings`. Values are JSON, as they were sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreProfile(BTreeMap<String, ProfileSection>);

/// The profile would be larger than is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the profile must have at most {} bytes", StoreProfile::MAXIMUM_BYTES)]
pub struct ProfileTooLarge;

impl StoreProfile {
    /// The most bytes that names and values may have together.
    pub const MAXIMUM_BYTES: usize = 64 * 1024;

    /// A profile of these sections; those without fields are none.
    pub fn new(sections: impl IntoIterator<Item = (String, ProfileSection)>) -> Self {
        Self(sections.into_iter().filter(|(_, fields)| !fields.is_empty()).collect())
    }

    /// The sections, by name.
    pub fn sections(&self) -> impl Iterator<Item = (&str, &ProfileSection)> {
        self.0.iter().map(|(name, fields)| (name.as_str(), fields))
    }

    /// The value of a field, as JSON.
    pub fn field(&self, section: &str, name: &str) -> Option<&str> {
        self.0.get(section)?.get(name).map(String::as_str)
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The profile after a change: fields that it does not name stay, and `null` takes one away.
    ///
    /// # Errors
    /// When it would be too large.
    pub fn changed(&self, change: &Self) -> Result<Self, ProfileTooLarge> {
        let mut sections = self.0.clone();
        for (section, fields) in &change.0 {
            let kept = sections.entry(section.clone()).or_default();
            for (name, value) in fields {
                if value == "null" {
                    kept.remove(name);
                } else {
                    kept.insert(name.clone(), value.clone());
                }
            }
        }
        let changed = Self::new(sections);
        let bytes = |(name, fields): (&str, &ProfileSection)| {
            name.len() + fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
        };
        if changed.sections().map(bytes).sum::<usize>() > Self::MAXIMUM_BYTES {
            return Err(ProfileTooLarge);
        }
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(fields: &[(&str, &str, &str)]) -> StoreProfile {
        let mut sections: BTreeMap<String, ProfileSection> = BTreeMap::new();
        for (section, name, value) in fields {
            sections
                .entry((*section).to_owned())
                .or_default()
                .insert((*name).to_owned(), (*value).to_owned());
        }
        StoreProfile::new(sections)
    }

    #[test]
    fn change_keeps_what_it_does_not_name_and_null_takes_away() {
        let before = profile(&[("settings", "a", "1"), ("settings", "b", "2"), ("company", "city", "\"X\"")]);
        let change = profile(&[("settings", "a", "3"), ("company", "city", "null")]);
        let after = before.changed(&change).unwrap();
        assert_eq!(after, profile(&[("settings", "a", "3"), ("settings", "b", "2")]));
        assert_eq!(after.field("settings", "a"), Some("3"));
        assert_eq!(after.field("company", "city"), None);
        assert_eq!(after.changed(&change), Ok(after.clone()));
    }

    #[test]
    fn profile_has_a_largest_size() {
        let large = "1".repeat(StoreProfile::MAXIMUM_BYTES);
        let change = profile(&[("settings", "a", &large)]);
        assert_eq!(StoreProfile::default().changed(&change), Err(ProfileTooLarge));
    }
}
