//! The lab: an app is tried with the troubles that deliveries can make, and told what it got wrong.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::{AttemptOutcome, is_delivered};

/// Makes types that are names: on the wire, in the database and at the command line.
macro_rules! names {
    ($(#[$meta:meta])* $name:ident: $($(#[$variant_meta:meta])* $variant:ident = $text:literal;)+) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// What it is called.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The one of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

names! {
    /// How the webhooks of an app are signed.
    LabSignature:
    /// As ever.
    Valid = "valid";
    /// With another secret.
    Wrong = "wrong";
    /// Not at all.
    Missing = "missing";
    /// As ever, but with the names of all headers in lower case, as proxies write them.
    LowerCase = "lower-case";
}

names! {
    /// What was done to a webhook.
    LabTrouble:
    /// It was signed with another secret.
    WrongSignature = "wrongSignature";
    /// It was not signed.
    MissingSignature = "missingSignature";
    /// The names of its headers were in lower case.
    LowerCaseNames = "lowerCaseNames";
    /// It came once more, after the receiver had it.
    Duplicate = "duplicate";
    /// It was held back, and came after what happened later.
    OutOfOrder = "outOfOrder";
    /// It never reached the receiver.
    Dropped = "dropped";
}

names! {
    /// What a receiver got wrong.
    LabFault:
    /// It took a webhook that anybody could have sent, or acted on it.
    AcceptedBadSignature = "acceptedBadSignature";
    /// It does not find headers whose names are in lower case.
    RefusedLowerCaseNames = "refusedLowerCaseNames";
    /// It refused a webhook that is right.
    RefusedValid = "refusedValid";
    /// It sent the webhook elsewhere.
    Redirected = "redirected";
    /// It answered too late.
    TooSlow = "tooSlow";
    /// There was no answer.
    Unanswered = "unanswered";
    /// It changed what it was told of.
    ChangedTheSame = "changedTheSame";
    /// It acted on one event twice.
    HandledTwice = "handledTwice";
}

impl LabFault {
    /// What is wrong about it, and the way out.
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::AcceptedBadSignature => {
                "accepted a bad signature: compare X-Ecwid-Webhook-Signature, refuse what has none, and act only then"
            }
            Self::RefusedLowerCaseNames => {
                "refused headers in lower case: look names of headers up without regard to case"
            }
            Self::RefusedValid => "refused a valid webhook: answer 200, 201, 202, 204 or 209",
            Self::Redirected => {
                "answered with a redirect, which is not followed: register the URL that it leads to"
            }
            Self::TooSlow => "answered too late, which is a failure: answer first, and work afterwards",
            Self::Unanswered => "gave no answer",
            Self::ChangedTheSame => {
                "changed what it was told of, which makes another webhook, and so on: change nothing when nothing is left to \
                 change"
            }
            Self::HandledTwice => {
                "handled one event twice: remember each eventId, and pass over those that are known"
            }
        }
    }
}

/// The text does not say what is dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be how many of how many are dropped, such as 1/3, of at most {}", LabDrop::MOST)]
pub struct InvalidLabDrop;

/// Of so many tries, so many do not reach the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabDrop {
    dropped: u8,
    of: u8,
}

impl LabDrop {
    /// The most tries of which some are dropped.
    pub const MOST: u8 = 100;

    /// So many of so many.
    ///
    /// # Errors
    /// When none would be dropped or more than there are, or there are too many.
    pub const fn new(dropped: u8, of: u8) -> Result<Self, InvalidLabDrop> {
        if dropped == 0 || dropped > of || of > Self::MOST {
            return Err(InvalidLabDrop);
        }
        Ok(Self { dropped, of })
    }

    /// Whether a try is among them: one of a delivery with this place, which was tried so often. What is dropped at one try
    /// comes at another.
    pub const fn contains(self, place: i64, tries: u32) -> bool {
        place.wrapping_add(tries as i64).rem_euclid(self.of as i64) < self.dropped as i64
    }
}

impl fmt::Display for LabDrop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.dropped, self.of)
    }
}

impl FromStr for LabDrop {
    type Err = InvalidLabDrop;

    fn from_str(text: &str) -> Result<Self, InvalidLabDrop> {
        let (dropped, of) = text.split_once('/').ok_or(InvalidLabDrop)?;
        let number = |text: &str| text.trim().parse().map_err(|_| InvalidLabDrop);
        Self::new(number(dropped)?, number(of)?)
    }
}

/// The delay is too long.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("answers can be delayed by {} seconds at the most", ApiDelay::MAXIMUM.as_secs())]
pub struct ApiDelayTooLong;

/// By how much the answers to the calls of an app are delayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ApiDelay(Duration);

impl ApiDelay {
    /// The longest.
    pub const MAXIMUM: Duration = Duration::from_secs(20);

    /// This delay, in whole milliseconds.
    ///
    /// # Errors
    /// When it is longer than [`Self::MAXIMUM`].
    pub fn new(delay: Duration) -> Result<Self, ApiDelayTooLong> {
        if delay > Self::MAXIMUM { Err(ApiDelayTooLong) } else { Ok(Self(delay)) }
    }

    /// How long it is.
    pub const fn get(self) -> Duration {
        self.0
    }
}

/// What an app is tried with, until it is switched off. Without any trouble its deliveries are judged all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lab {
    /// How its webhooks are signed.
    pub signature: LabSignature,
    /// Whether each webhook that it has comes once more.
    pub duplicate: bool,
    /// Whether webhooks are held back for a while and come in another order.
    pub out_of_order: bool,
    /// Which do not come.
    pub dropped: Option<LabDrop>,
    /// By how much its calls of the API are answered late.
    pub api_delay: ApiDelay,
}

impl Lab {
    /// No trouble: webhooks are judged, and nothing else.
    pub const CALM: Self = Self {
        signature: LabSignature::Valid,
        duplicate: false,
        out_of_order: false,
        dropped: None,
        api_delay: ApiDelay(Duration::ZERO),
    };

    /// What the signature is.
    pub const fn trouble_of_signature(self) -> Option<LabTrouble> {
        match self.signature {
            LabSignature::Valid => None,
            LabSignature::Wrong => Some(LabTrouble::WrongSignature),
            LabSignature::Missing => Some(LabTrouble::MissingSignature),
            LabSignature::LowerCase => Some(LabTrouble::LowerCaseNames),
        }
    }
}

/// What becomes of the lab of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LabChange {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is switched off.
    Off,
    /// The app is tried with this.
    On(Lab),
}

/// What an app did in the store while it was told of something, and a moment after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WritesOfApp {
    /// It changed something.
    pub any: bool,
    /// It changed what it was told of.
    pub of_the_same: bool,
}

/// A webhook that was tried, as it was seen.
#[derive(Debug, Clone, Copy)]
pub struct LabObservation<'a> {
    /// What was done to it.
    pub troubles: &'a [LabTrouble],
    /// What came of it.
    pub outcome: &'a AttemptOutcome,
    /// Whether it took longer than there is time.
    pub is_late: bool,
    /// What the app did.
    pub writes: WritesOfApp,
    /// What it did when it was told of the same event before.
    pub writes_before: WritesOfApp,
}

impl LabObservation<'_> {
    /// What the receiver got wrong.
    pub fn faults(&self) -> Vec<LabFault> {
        let Self { troubles, outcome, is_late, writes, writes_before } = *self;
        let has = |trouble| troubles.contains(&trouble);
        if has(LabTrouble::Dropped) {
            return Vec::new();
        }
        let is_forged = has(LabTrouble::WrongSignature) || has(LabTrouble::MissingSignature);
        let status = match outcome {
            AttemptOutcome::Answered { status, .. } => Some(*status),
            AttemptOutcome::Failed(_) => None,
        };
        let delivered = status.is_some_and(is_delivered);
        let redirected = status.is_some_and(|status| (300..400).contains(&status));
        let refused = status.is_some() && !delivered && !redirected && !is_forged;
        let lower_case = has(LabTrouble::LowerCaseNames);
        [
            (is_forged && (delivered || writes.any), LabFault::AcceptedBadSignature),
            (refused && lower_case, LabFault::RefusedLowerCaseNames),
            (refused && !lower_case, LabFault::RefusedValid),
            (redirected, LabFault::Redirected),
            (is_late, LabFault::TooSlow),
            (status.is_none() && !is_late, LabFault::Unanswered),
            (writes.of_the_same, LabFault::ChangedTheSame),
            (has(LabTrouble::Duplicate) && writes.any && writes_before.any, LabFault::HandledTwice),
        ]
        .into_iter()
        .filter_map(|(is_so, fault)| is_so.then_some(fault))
        .collect()
    }
}

/// What was done to a webhook in the lab, and what the receiver got wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabVerdict {
    /// What was done.
    pub troubles: Vec<LabTrouble>,
    /// What was wrong.
    pub faults: Vec<LabFault>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> AttemptOutcome {
        AttemptOutcome::Answered { status, headers: Vec::new(), body: String::new() }
    }

    fn faults(troubles: &[LabTrouble], outcome: &AttemptOutcome) -> Vec<LabFault> {
        let (writes, writes_before) = (WritesOfApp::default(), WritesOfApp::default());
        LabObservation { troubles, outcome, is_late: false, writes, writes_before }.faults()
    }

    #[test]
    fn every_name_is_found() {
        assert!(LabSignature::ALL.iter().all(|&one| LabSignature::from_name(one.name()) == Some(one)));
        assert!(LabTrouble::ALL.iter().all(|&one| LabTrouble::from_name(one.name()) == Some(one)));
        assert!(LabFault::ALL.iter().all(|&one| LabFault::from_name(one.name()) == Some(one)));
        assert_eq!(LabFault::from_name("none"), None);
    }

    #[test]
    fn so_many_of_so_many_are_dropped_and_come_at_another_try() {
        let third: LabDrop = "1/3".parse().unwrap();
        let dropped: Vec<bool> = (0..6).map(|place| third.contains(place, 0)).collect();
        assert_eq!(dropped, [true, false, false, true, false, false]);
        for place in -3..3 {
            let tries = (0..3).filter(|&tries| third.contains(place, tries)).count();
            assert_eq!(tries, 1, "at place {place}");
        }
        for wrong in ["", "1", "0/3", "4/3", "1/101", "-1/3", "1/x"] {
            assert_eq!(wrong.parse::<LabDrop>(), Err(InvalidLabDrop), "{wrong}");
        }
    }

    #[test]
    fn a_bad_signature_is_to_be_refused_and_a_good_one_is_not() {
        for trouble in [LabTrouble::WrongSignature, LabTrouble::MissingSignature] {
            assert_eq!(faults(&[trouble], &answered(200)), [LabFault::AcceptedBadSignature]);
            assert_eq!(faults(&[trouble], &answered(401)), []);
        }
        assert_eq!(faults(&[LabTrouble::LowerCaseNames], &answered(403)), [LabFault::RefusedLowerCaseNames]);
        assert_eq!(faults(&[LabTrouble::LowerCaseNames], &answered(204)), []);
        assert_eq!(faults(&[], &answered(500)), [LabFault::RefusedValid]);
        assert_eq!(faults(&[], &answered(209)), []);
    }

    #[test]
    fn redirects_late_answers_and_none_are_faults() {
        assert_eq!(faults(&[], &answered(302)), [LabFault::Redirected]);
        let outcome = AttemptOutcome::Failed("no answer".to_owned());
        assert_eq!(faults(&[], &outcome), [LabFault::Unanswered]);
        assert_eq!(faults(&[LabTrouble::Dropped], &outcome), [], "it never saw that one");
        let (writes, writes_before) = (WritesOfApp::default(), WritesOfApp::default());
        let late = LabObservation { troubles: &[], outcome: &outcome, is_late: true, writes, writes_before };
        assert_eq!(late.faults(), [LabFault::TooSlow]);
    }

    #[test]
    fn what_the_app_writes_meanwhile_tells_loops_and_events_handled_twice() {
        let outcome = answered(200);
        let wrote = WritesOfApp { any: true, of_the_same: false };
        let observed = |troubles: &'static [LabTrouble], writes, writes_before| {
            let outcome = &outcome;
            LabObservation { troubles, outcome, is_late: false, writes, writes_before }.faults()
        };
        let duplicate: &[LabTrouble] = &[LabTrouble::Duplicate];
        let nothing = WritesOfApp::default();
        assert_eq!(observed(duplicate, wrote, wrote), [LabFault::HandledTwice]);
        assert_eq!(observed(duplicate, nothing, wrote), []);
        assert_eq!(observed(&[], wrote, nothing), []);
        let of_the_same = WritesOfApp { any: true, of_the_same: true };
        assert_eq!(observed(&[], of_the_same, nothing), [LabFault::ChangedTheSame]);
        let outcome = answered(401);
        let troubles = &[LabTrouble::WrongSignature];
        let acted = LabObservation {
            troubles,
            outcome: &outcome,
            is_late: false,
            writes: wrote,
            writes_before: nothing,
        };
        assert_eq!(acted.faults(), [LabFault::AcceptedBadSignature], "it refused, but acted");
    }
}
