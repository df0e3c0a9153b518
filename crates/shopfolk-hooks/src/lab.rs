//! The deliveries of an app that is tried: with the troubles that it is to be tried with, one after the other, and judged.

use std::time::Duration;

use shopfolk_model::{
    App, DeliveryQueue, Lab, LabObservation, LabTrouble, LabVerdict, Webhook, WebhookAttempt,
    WebhookDelivery, WritesOfApp,
};
use shopfolk_operations::{SettledTry, WaitingBehind};
use shopfolk_store::{Engine, StoreError};
use tokio::time::sleep;

use crate::attempt::Written;
use crate::claim::renewing;
use crate::lane::{Lane, LaneEnd, dropped, is_off};
use crate::writes_of_app::WritesWatched;

/// How long answers are waited for, so that it can be said by how much they are late.
const PATIENCE: Duration = Duration::from_secs(30);
/// So long after an answer an app may still do what the webhook made it do.
const AFTERWARDS: Duration = Duration::from_secs(1);
/// How long deliveries are held back, so that others come that belong before them.
const HELD_BACK: Duration = Duration::from_secs(2);
/// How many deliveries are brought until it is looked again with what the app is tried.
const PORTION: usize = 8;

impl<E: Engine> Lane<E> {
    /// Brings these in the lab; answers why no more are brought, where that is so.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn bring_in_lab(
        &self,
        app: &App,
        webhook: &Webhook,
        lab: Lab,
        due: Vec<WebhookDelivery>,
    ) -> Result<Option<LaneEnd>, StoreError> {
        // What the app writes is seen to come of one delivery only when there is no other.
        let turn = self.shared.lab_turns.take((self.store, app.id));
        let _turn = renewing(&self.claim, turn).await?;
        let brought = if lab.out_of_order { self.hold_back(due).await? } else { in_order(due) };
        for (delivery, troubles) in brought.into_iter().take(PORTION) {
            if self.shared.stopping.is_cancelled() {
                return Ok(Some(LaneEnd::Stopping));
            }
            if !self.claim.is_trusted() && !self.claim.ensure().await? {
                return Ok(Some(LaneEnd::Lost));
            }
            let settled = if is_off(app, &delivery) {
                dropped(delivery)
            } else {
                match renewing(&self.claim, self.try_in_lab(app, webhook, lab, delivery, troubles)).await?? {
                    Some(settled) => settled,
                    None => return Ok(Some(LaneEnd::Failing)),
                }
            };
            if let Some(end) = self.settle(vec![settled]).await? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    /// Waits for what comes behind these, and has the last come first.
    async fn hold_back(
        &self,
        due: Vec<WebhookDelivery>,
    ) -> Result<Vec<(WebhookDelivery, Vec<LabTrouble>)>, StoreError> {
        let (mut held, on_request): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|delivery| delivery.queue != DeliveryQueue::OnRequest);
        if !held.is_empty() {
            renewing(&self.claim, sleep(HELD_BACK)).await?;
            held.truncate(PORTION);
            let limit = u32::try_from(PORTION).unwrap_or(u32::MAX);
            let behind = WaitingBehind { deliveries: held.clone(), limit };
            held.extend(self.shared.engine.read(self.store, behind).await?);
            held.sort_unstable_by_key(|delivery| std::cmp::Reverse(delivery.place));
        }
        let is_overtaking = |delivery: &WebhookDelivery| {
            held.iter().any(|other| {
                (other.queue, other.event.entity) == (delivery.queue, delivery.event.entity)
                    && other.place != delivery.place
            })
        };
        let troubles: Vec<Vec<LabTrouble>> = held
            .iter()
            .map(|delivery| is_overtaking(delivery).then_some(LabTrouble::OutOfOrder).into_iter().collect())
            .collect();
        Ok(in_order(on_request).into_iter().chain(held.into_iter().zip(troubles)).collect())
    }

    /// Tries a delivery with the troubles of the lab; `None` when the secret of the app cannot be opened.
    async fn try_in_lab(
        &self,
        app: &App,
        webhook: &Webhook,
        lab: Lab,
        delivery: WebhookDelivery,
        mut troubles: Vec<LabTrouble>,
    ) -> Result<Option<SettledTry>, StoreError> {
        let write = || self.write(app, webhook, &delivery, lab.signature);
        let Some(written) = write() else { return Ok(None) };
        if lab.dropped.is_some_and(|dropped| dropped.contains(delivery.place, delivery.tries)) {
            let verdict = LabVerdict { troubles: vec![LabTrouble::Dropped], faults: Vec::new() };
            let attempt = WebhookAttempt { lab: Some(verdict), ..written.drop(&delivery, &self.clock) };
            return Ok(Some(SettledTry { delivery, attempts: vec![attempt] }));
        }
        troubles.extend(lab.trouble_of_signature());
        let engine = &self.shared.engine;
        let mut watched = WritesWatched::begin(engine, self.store, app.id).await?;
        let before = WritesOfApp::default();
        let (first, writes) = self.judge(written, &delivery, troubles.clone(), &mut watched, before).await?;
        let mut attempts = vec![first];
        if lab.duplicate
            && attempts.iter().all(WebhookAttempt::is_delivered)
            && let Some(written) = write()
        {
            troubles.push(LabTrouble::Duplicate);
            let (again, _) = self.judge(written, &delivery, troubles, &mut watched, writes).await?;
            attempts.push(WebhookAttempt { next: None, ..again });
        }
        Ok(Some(SettledTry { delivery, attempts }))
    }

    /// Sends a webhook and judges what the app makes of it.
    async fn judge(
        &self,
        written: Written,
        delivery: &WebhookDelivery,
        troubles: Vec<LabTrouble>,
        watched: &mut WritesWatched<'_, E>,
        writes_before: WritesOfApp,
    ) -> Result<(WebhookAttempt, WritesOfApp), StoreError> {
        let attempt = written.send(&self.shared.sender, delivery, &self.clock, PATIENCE).await;
        if watched.is_watching() {
            sleep(AFTERWARDS).await;
        }
        let writes = watched.since(delivery).await?;
        let observation = LabObservation {
            troubles: &troubles,
            outcome: &attempt.outcome,
            is_late: attempt.took > self.shared.settings.limits.answer,
            writes,
            writes_before,
        };
        let faults = observation.faults();
        Ok((WebhookAttempt { lab: Some(LabVerdict { troubles, faults }), ..attempt }, writes))
    }
}

fn in_order(due: Vec<WebhookDelivery>) -> Vec<(WebhookDelivery, Vec<LabTrouble>)> {
    due.into_iter().map(|delivery| (delivery, Vec::new())).collect()
}
