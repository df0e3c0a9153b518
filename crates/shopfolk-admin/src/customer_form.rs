//! The form with what is known of a customer: drawn from the customer, and read as what becomes of it.

use shopfolk_api::ApiError;
use shopfolk_api::owners::Form;
use shopfolk_model::{
    AdminNotes, Customer, CustomerChange, CustomerDetailsChange, CustomerName, EmailAddress, ExtraField,
    ExtraFieldEntry, ExtraFieldValue, FieldChange, TaxText,
};

/// A field of an extra kind, with the customer's value.
pub(crate) struct ExtraValue {
    /// The name of the input.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) value: String,
}

/// The fields, as texts.
pub(crate) struct CustomerForm {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) notes: String,
    pub(crate) tax_id: String,
    pub(crate) tax_exempt: bool,
    /// `yes`, `no`, or nothing where it is not known.
    pub(crate) marketing: String,
    pub(crate) extra: Vec<ExtraValue>,
}

impl CustomerForm {
    /// Those of a customer of a store with these extra fields.
    pub(crate) fn of(customer: &Customer, fields: &[ExtraField]) -> Self {
        let details = &customer.details;
        let text = |text: Option<String>| text.unwrap_or_default();
        let marketing = match details.accept_marketing {
            None => "",
            Some(true) => "yes",
            Some(false) => "no",
        };
        let extra = |field: &ExtraField| ExtraValue {
            name: format!("extra.{}", field.key.as_str()),
            title: field.title.to_string(),
            value: text(customer.extra_fields.get(&field.id).map(ToString::to_string)),
        };
        Self {
            email: text(customer.email.as_ref().map(ToString::to_string)),
            name: text(customer.name.as_ref().map(ToString::to_string)),
            group: customer.group.to_string(),
            notes: text(details.admin_notes.as_ref().map(ToString::to_string)),
            tax_id: text(details.tax_id.as_ref().map(ToString::to_string)),
            tax_exempt: details.tax_exempt,
            marketing: marketing.to_owned(),
            extra: fields.iter().map(extra).collect(),
        }
    }

    /// Those that were sent.
    pub(crate) fn sent(said: &Form, fields: &[ExtraField]) -> Self {
        let get = |name: &str| said.get(name).unwrap_or_default().to_owned();
        let extra = |field: &ExtraField| {
            let name = format!("extra.{}", field.key.as_str());
            ExtraValue { title: field.title.to_string(), value: get(&name), name }
        };
        Self {
            email: get("email"),
            name: get("name"),
            group: get("group"),
            notes: get("notes"),
            tax_id: get("tax_id"),
            tax_exempt: said.get("tax_exempt").is_some(),
            marketing: get("marketing"),
            extra: fields.iter().map(extra).collect(),
        }
    }

    /// What becomes of the customer, whose other fields stay.
    ///
    /// # Errors
    /// When a field is wrong.
    pub(crate) fn change(&self, fields: &[ExtraField]) -> Result<CustomerChange, ApiError> {
        let email = match self.email.as_str() {
            "" => None,
            text => {
                Some(EmailAddress::new(text).map_err(|error| ApiError::wrong_value("email", text, error))?)
            }
        };
        let group = self.group.parse();
        let group = group.map_err(|error| ApiError::wrong_value("group", &self.group, error))?;
        let name = CustomerName::optional(&self.name);
        let name = name.map_err(|error| ApiError::wrong_value("name", &self.name, error))?;
        let notes = AdminNotes::optional(&self.notes);
        let notes = notes.map_err(|error| ApiError::wrong_value("notes", &self.notes, error))?;
        let tax_id = TaxText::optional(&self.tax_id);
        let tax_id = tax_id.map_err(|error| ApiError::wrong_value("tax id", &self.tax_id, error))?;
        let marketing = match self.marketing.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        };
        let extra = self.extra.iter().zip(fields).map(|(extra, field)| {
            let value = ExtraFieldValue::optional(&extra.value);
            let value = value.map_err(|error| ApiError::wrong_value(&extra.title, &extra.value, error))?;
            Ok(ExtraFieldEntry { key: Some(field.key), title: None, value })
        });
        Ok(CustomerChange {
            email,
            name: set(name),
            group: Some(group),
            details: CustomerDetailsChange {
                admin_notes: set(notes),
                tax_id: set(tax_id),
                tax_exempt: Some(self.tax_exempt),
                accept_marketing: set(marketing),
                ..CustomerDetailsChange::default()
            },
            extra_fields: extra.collect::<Result<_, ApiError>>()?,
            ..CustomerChange::default()
        })
    }
}

/// A value takes the place of the one before, and none clears it.
pub(crate) fn set<T>(value: Option<T>) -> FieldChange<T> {
    value.map_or(FieldChange::Clear, FieldChange::Set)
}
