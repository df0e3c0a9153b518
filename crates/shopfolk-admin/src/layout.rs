//! What is around every page.

use shopfolk_api::owners::Form;
use shopfolk_store::Engine;

use crate::page::Done;
use crate::paths::{Apps, Customers, ExtraFields, Groups, Home, Orders, Script, SignOut, Style};
use crate::visitor::Visitor;

/// Which part of the pages one is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// How the store is doing.
    Home,
    /// Customers.
    Customers,
    /// Groups.
    Groups,
    /// Extra fields.
    ExtraFields,
    /// Orders.
    Orders,
    /// Apps.
    Apps,
}

/// A link to a part of the pages.
pub(crate) struct NavigationLink {
    pub(crate) path: String,
    pub(crate) label: &'static str,
    pub(crate) is_current: bool,
}

/// What is around every page.
pub(crate) struct Layout {
    pub(crate) title: String,
    pub(crate) store_name: String,
    /// Who is signed in; nobody is in the demo.
    pub(crate) email: Option<String>,
    pub(crate) form_token: String,
    pub(crate) navigation: Vec<NavigationLink>,
    /// What was done.
    pub(crate) notice: Option<&'static str>,
    /// What was wrong with the form that was sent.
    pub(crate) problem: Option<String>,
    pub(crate) style: Style,
    pub(crate) script: Script,
    pub(crate) sign_out: SignOut,
}

impl Layout {
    /// The layout of a page for this visitor.
    pub(crate) fn new<E: Engine>(visitor: &Visitor<E>, section: Section, title: impl Into<String>) -> Self {
        let owner = visitor.owner.as_ref();
        Self::of(
            visitor.store.name.to_string(),
            owner.map(|signed_in| signed_in.owner.email.to_string()),
            visitor.form_token.clone(),
            section,
            title.into(),
        )
    }

    pub(crate) fn of(
        store_name: String,
        email: Option<String>,
        form_token: String,
        section: Section,
        title: String,
    ) -> Self {
        let link = |path: String, label, of| NavigationLink { path, label, is_current: section == of };
        Self {
            title,
            store_name,
            email,
            form_token,
            navigation: vec![
                link(Home {}.to_string(), "Home", Section::Home),
                link(Customers {}.to_string(), "Customers", Section::Customers),
                link(Groups {}.to_string(), "Groups", Section::Groups),
                link(ExtraFields {}.to_string(), "Extra fields", Section::ExtraFields),
                link(Orders {}.to_string(), "Orders", Section::Orders),
                link(Apps {}.to_string(), "Apps", Section::Apps),
            ],
            notice: None,
            problem: None,
            style: Style {},
            script: Script {},
            sign_out: SignOut {},
        }
    }

    /// Says what the page before has done.
    pub(crate) fn after(self, asked: &Form) -> Self {
        Self { notice: asked.get("done").and_then(Done::says), ..self }
    }

    /// Says what was wrong with the form that was sent.
    pub(crate) fn with_problem(self, problem: Option<String>) -> Self {
        Self { problem, ..self }
    }
}
