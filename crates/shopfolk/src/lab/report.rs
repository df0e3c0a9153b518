//! What an app got wrong in the lab.

use anyhow::Result;
use serde_json::{Value, json};
use shopfolk_model::{ClientId, LabFault, StoreId, WebhookAttemptId};

/// What came of all trials.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) app: ClientId,
    pub(crate) store: StoreId,
    pub(crate) trials: Vec<Tried>,
}

/// What came of one trial.
#[derive(Debug)]
pub(crate) struct Tried {
    /// What was tried.
    pub(crate) name: &'static str,
    pub(crate) outcome: TrialOutcome,
}

/// How a trial ended.
#[derive(Debug)]
pub(crate) enum TrialOutcome {
    /// So many webhooks were sent, and these faults were found, each with the attempt that shows it.
    Judged { attempts: usize, faults: Vec<(LabFault, WebhookAttemptId)> },
    /// It could not be tried: why.
    Skipped(&'static str),
}

impl Report {
    /// Whether nothing was wrong.
    pub(crate) fn passed(&self) -> bool {
        self.trials.iter().all(|tried| match &tried.outcome {
            TrialOutcome::Judged { faults, .. } => faults.is_empty(),
            TrialOutcome::Skipped(_) => true,
        })
    }

    /// As JSON.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn as_json(&self) -> Result<String> {
        let report = json!({
            "clientId": self.app.to_string(),
            "storeId": self.store.get(),
            "passed": self.passed(),
            "trials": self.trials.iter().map(Tried::as_json).collect::<Vec<_>>(),
        });
        Ok(serde_json::to_string_pretty(&report)?)
    }
}

impl Tried {
    fn as_json(&self) -> Value {
        let fault = |&(fault, attempt): &(LabFault, WebhookAttemptId)| {
            json!({
                "fault": fault.name(),
                "explanation": fault.explanation(),
                "attemptId": attempt.get(),
            })
        };
        match &self.outcome {
            TrialOutcome::Judged { attempts, faults } => {
                let faults: Vec<Value> = faults.iter().map(fault).collect();
                json!({"name": self.name, "attempts": attempts, "faults": faults})
            }
            TrialOutcome::Skipped(why) => json!({"name": self.name, "skipped": why}),
        }
    }

    /// A line for a person, and one for each fault.
    pub(crate) fn as_text(&self) -> String {
        match &self.outcome {
            TrialOutcome::Skipped(why) => format!("skipped  {}: {why}", self.name),
            TrialOutcome::Judged { faults, .. } if faults.is_empty() => format!("passed   {}", self.name),
            TrialOutcome::Judged { faults, .. } => {
                let fault = |(fault, attempt): &(LabFault, WebhookAttemptId)| {
                    format!("           {} (webhook attempt {attempt})", fault.explanation())
                };
                let lines = faults.iter().map(fault).collect::<Vec<_>>().join("\n");
                format!("FAILED   {}\n{lines}", self.name)
            }
        }
    }
}
