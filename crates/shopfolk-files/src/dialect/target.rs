//! What a column is taken for.

use std::fmt;
use std::sync::LazyLock;

use shopfolk_api::{CustomerField, FieldKind};
use shopfolk_model::ContactType;

use super::Names;
use crate::plan::quoted;

/// Where what a cell says belongs.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// A field of the customer.
    Field(CustomerField),
    /// A contact of this type, one more for each value.
    Contact(ContactType),
}

/// What a column is taken for, and how its cells are read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mapping {
    /// As it is written; `#` in it stands for the number in the name of the column, counted from 1.
    pub(super) written: Vec<String>,
    pub(crate) targets: Vec<Target>,
    /// What stands between several values in a cell.
    pub(crate) split: Vec<String>,
    /// Values that say nothing.
    pub(crate) nothing: Vec<String>,
    /// The note of contacts.
    pub(crate) note: Option<String>,
    /// Whether it counts only where nothing else says the field.
    pub(crate) stands_in: bool,
}

impl Target {
    /// The one of this name: a field such as `billingPerson.city`, or `contacts[PHONE]`.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        let contact = name.strip_prefix("contacts[").and_then(|rest| rest.strip_suffix(']'));
        if let Some(kind) = contact.and_then(|kind| kind.parse().ok()) {
            return Ok(Self::Contact(kind));
        }
        let field = CustomerField::named(name).map_err(|error| error.to_string())?;
        if !field.is_read() {
            return Err(format!("'{name}' follows from other fields, and nothing can be taken for it"));
        }
        Ok(Self::Field(field))
    }

    /// Whether it tells who somebody is, or how to reach them.
    pub(crate) fn names_somebody(&self) -> bool {
        const NAMES: [&str; 4] = ["email", "externalReferenceId", "id", "billingPerson.phone"];
        match self {
            Self::Contact(_) => true,
            Self::Field(field) => {
                let name = field.to_string();
                NAMES.contains(&name.as_str()) || name.starts_with("contacts[")
            }
        }
    }

    /// The place in a list.
    pub(crate) const fn place(&self) -> Option<usize> {
        match self {
            Self::Field(field) => field.place(),
            Self::Contact(_) => None,
        }
    }

    /// What its values are.
    pub(crate) fn kind(&self) -> FieldKind {
        match self {
            Self::Field(field) => field.kind(),
            Self::Contact(ContactType::Email) => FieldKind::Email,
            Self::Contact(ContactType::Phone | ContactType::WhatsApp | ContactType::Viber) => {
                FieldKind::Phone
            }
            Self::Contact(_) => FieldKind::Text,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => field.fmt(formatter),
            Self::Contact(kind) => write!(formatter, "contacts[{}]", kind.name()),
        }
    }
}

impl Mapping {
    /// One to these fields.
    pub(super) fn new(written: Vec<String>) -> Result<Self, String> {
        Self { written, ..Self::default() }.try_numbered(Some(1))
    }

    /// One to a field of our own.
    pub(crate) fn to_field(field: CustomerField) -> Self {
        Self { written: vec![field.to_string()], targets: vec![Target::Field(field)], ..Self::default() }
    }

    /// The mapping as TOML has it.
    pub(crate) fn text(&self) -> String {
        let list = |texts: &[String]| texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ");
        let targets: Vec<_> = self.targets.iter().map(ToString::to_string).collect();
        let to = match &targets[..] {
            [one] => quoted(one),
            several => format!("[{}]", list(several)),
        };
        let listed = [("split", &self.split), ("nothing", &self.nothing)].into_iter();
        let listed = listed.filter(|(_, texts)| !texts.is_empty());
        let mut more: Vec<_> = listed.map(|(name, texts)| format!(", {name} = [{}]", list(texts))).collect();
        more.extend(self.note.iter().map(|note| format!(", note = {}", quoted(note))));
        if self.stands_in {
            more.push(", stands-in = true".to_owned());
        }
        let text = more.concat();
        if text.is_empty() { to } else { format!("{{ to = {to}{text} }}") }
    }

    fn try_numbered(mut self, number: Option<usize>) -> Result<Self, String> {
        let place = number.unwrap_or(1).saturating_sub(1).to_string();
        let target = |written: &String| Target::named(&written.replace('#', &place));
        self.targets = self.written.iter().map(target).collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// The same for a column with this number in its name. One beyond what a customer can have is that of the first.
    pub(super) fn numbered(&self, number: Option<usize>) -> Self {
        if number.is_none() {
            return self.clone();
        }
        self.clone().try_numbered(number).unwrap_or_else(|_| self.clone())
    }
}

/// The names of our own fields, with `#` for the place in a list.
static OWN: LazyLock<Names<String>> = LazyLock::new(|| {
    let mut names = Names::default();
    for name in CustomerField::names("#") {
        names.add(&name, name.clone());
    }
    names
});

/// The field of our own that a column is named after, in letters of any case.
pub(crate) fn own_fields(column: &str) -> Option<CustomerField> {
    if let Ok(field) = CustomerField::named(column.trim()) {
        return Some(field);
    }
    let (name, number) = OWN.find(&super::plain(column))?;
    let name = number.map_or_else(|| name.clone(), |number| name.replace('#', &number.to_string()));
    CustomerField::named(&name).ok()
}
