//! What a later line of a file may still say of a customer: the first one counts, so that the same file again changes nothing.

use shopfolk_model::{
    AddressEntry, ContactBook, ContactChange, ContactEntry, ContactType, Customer, CustomerChange,
    CustomerDetails, CustomerDetailsChange, ExtraFieldBook, FieldChange, Whereabouts, WhereaboutsChange,
};

use super::ImportedCustomer;

/// Leaves of a change what is not known yet, and answers whether it says something else of what is. Fields that are empty are
/// filled only where `fills` says so.
pub(super) fn leave_what_is_new(
    customer: &Customer,
    fields: &ExtraFieldBook,
    change: &mut CustomerChange,
    fills: bool,
) -> bool {
    let CustomerChange {
        email,
        name,
        details,
        addresses,
        contacts: _,
        primary_phone: _,
        group,
        extra_fields,
    } = change;
    let known = customer.email.as_ref();
    let mut says_else = known.is_some_and(|known| email.take().is_some_and(|said| said.key() != known.key()));
    says_else |= leave(name, customer.name.as_ref(), fills);
    says_else |= leave_details(details, &customer.details, fills);
    for entry in addresses.iter_mut().flatten() {
        if let Some(id) = entry.id {
            *entry = AddressEntry { id: Some(id), ..AddressEntry::default() };
        } else if !customer.addresses.addresses().is_empty() {
            entry.default = None;
        }
    }
    // The built-in group may be what an earlier line says.
    says_else |= group.take().is_some_and(|group| group != customer.group);
    extra_fields.retain(|entry| {
        let field = entry.key.and_then(|key| fields.find(key));
        let known = field.and_then(|field| customer.extra_fields.get(&field.id));
        let stays = known.is_none() && fills;
        says_else |= !stays && known != entry.value.as_ref();
        stays
    });
    says_else
}

/// Leaves of a list of contacts those that are not known yet; none of them takes the place of a default.
pub(super) fn leave_known_contacts(book: &ContactBook, change: &mut CustomerChange) {
    let has_default = |kind: ContactType| {
        book.contacts().iter().any(|contact| contact.default && contact.contact_type() == kind)
    };
    for entry in change.contacts.iter_mut().flatten() {
        match entry {
            ContactEntry::Known(_, change) => *change = ContactChange::default(),
            ContactEntry::New(new) => new.default &= !has_default(new.address.contact_type()),
        }
    }
}

fn leave_details(change: &mut CustomerDetailsChange, known: &CustomerDetails, fills: bool) -> bool {
    let CustomerDetailsChange {
        billing,
        tax_id,
        tax_id_valid,
        tax_exempt,
        kind,
        fiscal_code,
        invoice_email,
        invoice_code,
        admin_notes,
        accept_marketing,
        language,
        external_reference,
    } = change;
    [
        leave_whereabouts(billing, &known.billing, fills),
        leave(tax_id, known.tax_id.as_ref(), fills),
        tax_id_valid.take().is_some_and(|said| said != known.tax_id_valid),
        tax_exempt.take().is_some_and(|said| said != known.tax_exempt),
        kind.take().is_some_and(|said| said != known.kind),
        leave(fiscal_code, known.fiscal_code.as_ref(), fills),
        leave(invoice_email, known.invoice_email.as_ref(), fills),
        leave(invoice_code, known.invoice_code.as_ref(), fills),
        leave(admin_notes, known.admin_notes.as_ref(), fills),
        leave(accept_marketing, known.accept_marketing.as_ref(), fills),
        leave(language, known.language.as_ref(), fills),
        leave(external_reference, known.external_reference.as_ref(), fills),
    ]
    .contains(&true)
}

fn leave_whereabouts(change: &mut WhereaboutsChange, known: &Whereabouts, fills: bool) -> bool {
    let WhereaboutsChange { company_name, street, city, country, postal_code, state, phone } = change;
    [
        leave(company_name, known.company_name.as_ref(), fills),
        leave(street, known.street.as_ref(), fills),
        leave(city, known.city.as_ref(), fills),
        leave(country, known.country.as_ref(), fills),
        leave(postal_code, known.postal_code.as_ref(), fills),
        leave(state, known.state.as_ref(), fills),
        leave(phone, known.phone.as_ref(), fills),
    ]
    .contains(&true)
}

/// Takes back what is said of a field that is known, and answers whether that was something else.
fn leave<T: PartialEq>(said: &mut FieldChange<T>, known: Option<&T>, fills: bool) -> bool {
    if known.is_none() && fills {
        return false;
    }
    match std::mem::take(said) {
        FieldChange::Keep => false,
        FieldChange::Clear => known.is_some(),
        FieldChange::Set(said) => Some(&said) != known,
    }
}

/// Whether a line says that fields are empty.
pub(super) fn clears(said: &ImportedCustomer) -> bool {
    let CustomerDetailsChange {
        billing: WhereaboutsChange { company_name, street, city, country, postal_code, state, phone },
        tax_id,
        tax_id_valid: _,
        tax_exempt: _,
        kind: _,
        fiscal_code,
        invoice_email,
        invoice_code,
        admin_notes,
        accept_marketing,
        language,
        external_reference,
    } = &said.details;
    let of_place = clear(company_name)
        || clear(street)
        || clear(city)
        || clear(country)
        || clear(postal_code)
        || clear(state)
        || clear(phone);
    let of_invoice = clear(tax_id) || clear(fiscal_code) || clear(invoice_email) || clear(invoice_code);
    let of_extra_field = said.extra_fields.iter().any(|field| field.value.is_none());
    of_place
        || of_invoice
        || of_extra_field
        || clear(&said.name)
        || clear(admin_notes)
        || clear(accept_marketing)
        || clear(language)
        || clear(external_reference)
}

const fn clear<T>(said: &FieldChange<T>) -> bool {
    matches!(said, FieldChange::Clear)
}
