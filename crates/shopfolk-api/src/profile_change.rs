//! What a request says of a store's profile.

use shopfolk_model::{
    EmailAddress, InvalidEmailAddress, LanguageCode, MAXIMUM_SEARCH_ENTRIES, ProfileSection, StoreName,
    StoreProfile, TextError,
};
use utoipa::PartialSchema;

use crate::error::ApiError;
use crate::fields::Fields;
use crate::given::Given;
use crate::profile_out::{AccountOut, FormatsAndUnitsOut, GeneralInfoOut, LanguagesOut, SettingsOut};
use crate::wire::{Cell, Components, Direction, FieldDescription, RequestShape, Role};
use crate::wire_schema::component;

/// The longest URL, time zone and currency.
const LONGEST_TEXT: usize = 2_048;

/// What becomes of a store's profile.
pub(crate) struct ProfileChange {
    pub(crate) name: Option<StoreName>,
    pub(crate) change: StoreProfile,
}

/// Reads what a section says, and checks what is known of it.
type ReadSection = fn(&Fields<'_>) -> Result<(), ApiError>;

/// A section of a profile.
struct Section {
    name: &'static str,
    /// Which of its fields are kept; everything where it is `None`.
    kept: Option<&'static [&'static str]>,
    check: ReadSection,
}

const SECTIONS: &[Section] = &[
    Section { name: "generalInfo", kept: Some(&["storeUrl"]), check: |fields| texts(fields, &["storeUrl"]) },
    Section {
        name: "account",
        kept: Some(&["accountName", "accountEmail"]),
        check: |fields| {
            let email = |text: &str| match text.trim() {
                "" => Ok::<_, InvalidEmailAddress>(None),
                text => EmailAddress::new(text).map(Some),
            };
            fields.text("accountEmail", email)?;
            texts(fields, &["accountName"])
        },
    },
    Section { name: "settings", kept: None, check: |_| Ok(()) },
    Section {
        name: "languages",
        kept: Some(&["enabledLanguages", "defaultLanguage"]),
        check: |fields| {
            fields.text("defaultLanguage", str::parse::<LanguageCode>)?;
            fields.texts("enabledLanguages", MAXIMUM_SEARCH_ENTRIES, str::parse::<LanguageCode>)?;
            Ok(())
        },
    },
    Section { name: "formatsAndUnits", kept: None, check: |fields| texts(fields, &["timezone", "currency"]) },
    Section { name: "company", kept: None, check: |_| Ok(()) },
];

fn texts(fields: &Fields<'_>, names: &[&str]) -> Result<(), ApiError> {
    let bounded = |text: &str| match text.chars().count() {
        length if length > LONGEST_TEXT => Err(TextError::TooLong { length, maximum: LONGEST_TEXT }),
        _ => Ok(()),
    };
    names.iter().try_for_each(|name| fields.text(name, bounded).map(|_| ()))
}

impl Section {
    /// What of it is kept, as JSON. The name of the store is none of it: the store has it.
    fn read(&self, fields: &Fields<'_>) -> Result<ProfileSection, ApiError> {
        (self.check)(fields)?;
        let is_kept = |name: &str| self.kept.is_none_or(|kept| kept.contains(&name)) && name != STORE_NAME;
        let mut section = ProfileSection::new();
        for (name, value) in fields.object_itself().iter().filter(|(name, _)| is_kept(name)) {
            section.insert(name.to_owned(), serde_json::to_string(value).map_err(ApiError::internal)?);
        }
        Ok(section)
    }
}

const STORE_NAME: &str = "storeName";

const fn field(name: &'static str, schema: fn(Direction, &mut Components) -> Schema) -> FieldDescription {
    FieldDescription { name, about: "", role: Role::Requested, cell: Cell::None, schema, keywords: &[] }
}

type Schema = utoipa::openapi::RefOr<utoipa::openapi::Schema>;

impl RequestShape for ProfileChange {
    const NAME: &'static str = "ProfileChange";
    const ABOUT: &'static str =
        "A change of the store's profile. Fields that are left out stay; ids and dates do not change.";
    const FIELDS: &'static [FieldDescription] = &[
        field("generalInfo", |_, all| component("GeneralInfo", GeneralInfoOut::schema(), all)),
        field("account", |_, all| component("Account", AccountOut::schema(), all)),
        field("settings", |_, all| component("StoreSettings", SettingsOut::schema(), all)),
        field("languages", |_, all| component("Languages", LanguagesOut::schema(), all)),
        field("formatsAndUnits", |_, all| component("FormatsAndUnits", FormatsAndUnitsOut::schema(), all)),
        field("company", |_, _| utoipa::openapi::Object::new().into()),
    ];
    const DIRECTION: Direction = Direction::Change;

    fn example() -> Option<serde_json::Value> {
        Some(
            serde_json::json!({"settings": {"storeName": "Tea and more"}, "formatsAndUnits": {"currency": "EUR"}}),
        )
    }

    fn read(fields: &Fields<'_>) -> Result<Self, ApiError> {
        let name = fields.object("settings", |settings| settings.text(STORE_NAME, StoreName::new))?;
        let name = name.value().and_then(Given::value);
        let mut sections = Vec::new();
        for section in SECTIONS {
            let read = fields.object(section.name, |fields| section.read(fields))?;
            sections.extend(read.value().map(|fields| (section.name.to_owned(), fields)));
        }
        Ok(Self { name, change: StoreProfile::new(sections) })
    }
}
