//! What the caller of an import asks for.

/// What tells that a line means a customer who is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchBy {
    /// An equal external reference.
    ExternalReferenceId,
    /// An equal key of the e-mail address.
    Email,
    /// For lines that have neither of these: an equal contact.
    Contact,
    /// An equal id, where neither external reference nor e-mail address speaks against it.
    Id,
}

/// What becomes of contacts and addresses that a file does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lists {
    /// They stay.
    #[default]
    Add,
    /// They go: the lists become what the file says.
    Replace,
}

/// What alone is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// Customers are created; those who are there stay as they are.
    Create,
    /// Customers who are there are changed; nobody is created.
    Update,
}

/// What becomes of a line that names a group or an extra field that the store does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// It is made.
    #[default]
    Make,
    /// It is left out, and told.
    LeaveOut,
}

/// What becomes of a line of a new customer without an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WithoutEmail {
    /// The customer is created without one.
    #[default]
    Keep,
    /// The line is refused.
    Reject,
}

/// What becomes of a line of which the store cannot take a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unfit {
    /// The part is left out, and told; the rest is taken.
    #[default]
    LeaveOut,
    /// The line is refused.
    RejectLine,
}

/// What the caller of an import asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRules {
    /// What tells who is meant, in this order.
    pub match_by: Vec<MatchBy>,
    /// What becomes of contacts and addresses that a file does not name.
    pub lists: Lists,
    /// What alone is done; `None` is both.
    pub only: Option<Only>,
    /// What becomes of groups that are not there.
    pub new_groups: Missing,
    /// What becomes of extra fields that are not there.
    pub new_fields: Missing,
    /// What becomes of new customers without an e-mail address.
    pub without_email: WithoutEmail,
    /// What becomes of lines of which a part cannot be taken.
    pub unfit: Unfit,
    /// Whether the file comes from this very store, so that ids and keys in it are ours.
    pub same_store: bool,
    /// Whether nothing is written, and only told what would become of each line.
    pub dry_run: bool,
}

impl Default for ImportRules {
    fn default() -> Self {
        Self {
            match_by: vec![MatchBy::ExternalReferenceId, MatchBy::Email, MatchBy::Contact],
            lists: Lists::default(),
            only: None,
            new_groups: Missing::default(),
            new_fields: Missing::default(),
            without_email: WithoutEmail::default(),
            unfit: Unfit::default(),
            same_store: false,
            dry_run: false,
        }
    }
}

impl ImportRules {
    /// Whether an equal one of these tells who is meant.
    pub fn matches_by(&self, key: MatchBy) -> bool {
        self.match_by.contains(&key)
    }
}
