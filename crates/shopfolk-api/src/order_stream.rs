//! Orders as streamed answers.

use shopfolk_model::OrderNumber;
use shopfolk_operations::{OrderPortion, ReadOrders};
use shopfolk_store::Engine;

use crate::caller::{self, Caller};
use crate::customer_stream::Tail;
use crate::error::ApiError;
use crate::order::OrderWithDocument;
use crate::response_fields::ResponseFields;
use crate::streamed::{Pieces, Text};
use crate::wire::Answer;

/// Orders one after the other.
pub(crate) struct OrderStream<E> {
    pub(crate) caller: Caller<E, caller::ReadOrders>,
    /// The text before the first.
    pub(crate) head: Text,
    /// What was read already.
    pub(crate) ready: Option<OrderPortion>,
    /// What is wanted of an order.
    pub(crate) fields: ResponseFields,
    /// What comes behind the last.
    pub(crate) tail: Option<Tail>,
    pub(crate) progress: OrderProgress,
}

/// How far it has come.
#[derive(Default)]
pub(crate) struct OrderProgress {
    rest: Vec<OrderNumber>,
    orders: u64,
    damaged: u64,
}

impl<E: Engine> Pieces for OrderStream<E> {
    /// Orders; `None` is the end.
    type Portion = Option<OrderPortion>;

    async fn read(&mut self) -> Result<Option<Option<OrderPortion>>, ApiError> {
        if let Some(ready) = self.ready.take() {
            return Ok(Some(Some(ready)));
        }
        let numbers = std::mem::take(&mut self.progress.rest);
        if !numbers.is_empty() {
            return Ok(Some(Some(self.caller.read(ReadOrders { numbers }).await?)));
        }
        Ok(self.tail.is_some().then_some(None))
    }

    fn write(&mut self, portion: Option<OrderPortion>, text: &mut Text) -> Result<(), ApiError> {
        text.append(std::mem::take(&mut self.head));
        let progress = &mut self.progress;
        let Some(OrderPortion { items, damaged, rest }) = portion else {
            if let Some(tail) = self.tail.take() {
                tail.write(progress.orders, text);
            }
            return Ok(());
        };
        progress.damaged += damaged;
        progress.rest = rest;
        for order in &items {
            text.separate(progress.orders);
            progress.orders += 1;
            text.add(&Answer(&OrderWithDocument::of(order, &self.fields)?), &self.fields)?;
        }
        Ok(())
    }

    fn damaged(&self) -> u64 {
        self.progress.damaged
    }
}
