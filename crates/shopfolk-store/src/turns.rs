//! Turns of those who wait for what there is little of: first by store, then by caller.
//!
//! However much one store or one caller wants, the others wait for no more than what has begun. Where work is long, one store never
//! has all places if there is more than one, so that another one's work begins at once.

use std::collections::VecDeque;

use shopfolk_model::{Actor, StoreId};

/// How long an operation takes, as far as one can say before it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// It reads or writes a few rows by their keys: it never stands behind a long one.
    Short,
    /// What it takes grows with the store: it waits until it is its turn.
    Long,
}

/// On whose account something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// The store that it is done in.
    pub store: StoreId,
    /// Who wants it.
    pub by: Actor,
}

/// Work that waits for its turn, and how much of each store has begun.
#[derive(Debug)]
pub struct Turns<T> {
    places: usize,
    most_of_one_store: usize,
    most_waiting: usize,
    waiting: usize,
    /// The stores that wait, the next one first.
    stores: VecDeque<WaitingStore<T>>,
    /// The store of each piece of work that has begun and not ended.
    begun: Vec<StoreId>,
}

/// The work of one store that waits, by caller, the next one first.
#[derive(Debug)]
struct WaitingStore<T> {
    store: StoreId,
    callers: VecDeque<(Actor, VecDeque<T>)>,
}

impl<T> WaitingStore<T> {
    fn len(&self) -> usize {
        self.callers.iter().map(|(_, work)| work.len()).sum()
    }

    fn push(&mut self, by: Actor, work: T) {
        match self.callers.iter_mut().find(|(caller, _)| *caller == by) {
            Some((_, waiting)) => waiting.push_back(work),
            None => self.callers.push_back((by, VecDeque::from([work]))),
        }
    }

    fn next(&mut self) -> Option<T> {
        let (by, mut waiting) = self.callers.pop_front()?;
        let work = waiting.pop_front();
        if !waiting.is_empty() {
            self.callers.push_back((by, waiting));
        }
        work
    }

    /// The last work of the caller who has the most.
    fn remove_last(&mut self) -> Option<T> {
        let place = (0..self.callers.len()).max_by_key(|&place| self.callers[place].1.len())?;
        let work = self.callers[place].1.pop_back();
        if self.callers[place].1.is_empty() {
            self.callers.remove(place);
        }
        work
    }
}

impl<T> Turns<T> {
    /// Turns of long work at so many places, at least one, for which so much may wait.
    pub fn new(places: usize, most_waiting: usize) -> Self {
        let most_of_one_store = places.saturating_sub(1).max(1);
        Self { most_of_one_store, ..Self::of_short_work(places, most_waiting) }
    }

    /// The same of short work: a store may have all places while no other one waits.
    pub fn of_short_work(places: usize, most_waiting: usize) -> Self {
        let places = places.max(1);
        let (stores, begun) = (VecDeque::new(), Vec::new());
        Self { places, most_of_one_store: places, most_waiting, waiting: 0, stores, begun }
    }

    /// Whether work of a store may wait for the end of other work of it, though there is a place.
    pub const fn keeps_places_free(&self) -> bool {
        self.most_of_one_store < self.places
    }

    /// How much waits.
    pub const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Has some work wait. Where too much waits, this answers what gives way: the last work of the store that has the most
    /// waiting, which may be what was to wait now.
    pub fn push(&mut self, turn: Turn, work: T) -> Option<T> {
        match self.stores.iter_mut().find(|waiting| waiting.store == turn.store) {
            Some(waiting) => waiting.push(turn.by, work),
            None => self.stores.push_back(WaitingStore {
                store: turn.store,
                callers: VecDeque::from([(turn.by, VecDeque::from([work]))]),
            }),
        }
        self.waiting += 1;
        if self.waiting > self.most_waiting { self.remove_last() } else { None }
    }

    /// Begins what is next and may begin; the store has to be given back with [`Self::end`].
    pub fn begin(&mut self) -> Option<(StoreId, T)> {
        if self.begun.len() >= self.places {
            return None;
        }
        let begun_of = |store| self.begun.iter().filter(|&&begun| begun == store).count();
        let place =
            self.stores.iter().position(|waiting| begun_of(waiting.store) < self.most_of_one_store)?;
        let mut waiting = self.stores.remove(place)?;
        let work = waiting.next()?;
        let store = waiting.store;
        if !waiting.callers.is_empty() {
            self.stores.push_back(waiting);
        }
        self.waiting -= 1;
        self.begun.push(store);
        Some((store, work))
    }

    /// Says that some work of a store has ended.
    pub fn end(&mut self, store: StoreId) {
        if let Some(place) = self.begun.iter().position(|&begun| begun == store) {
            self.begun.swap_remove(place);
        }
    }

    fn remove_last(&mut self) -> Option<T> {
        let place = (0..self.stores.len()).max_by_key(|&place| self.stores[place].len())?;
        let work = self.stores[place].remove_last()?;
        if self.stores[place].callers.is_empty() {
            self.stores.remove(place);
        }
        self.waiting -= 1;
        Some(work)
    }
}

#[cfg(test)]
mod tests {
    use shopfolk_model::TokenId;

    use super::*;

    fn store(number: i64) -> StoreId {
        StoreId::new(number).unwrap()
    }

    fn turn(number: i64, token: i64) -> Turn {
        Turn { store: store(number), by: Actor::Token(TokenId::new(token).unwrap()) }
    }

    /// Begins and ends one after the other until nothing waits.
    fn order<T>(turns: &mut Turns<T>) -> Vec<T> {
        let next = || {
            let (store, work) = turns.begin()?;
            turns.end(store);
            Some(work)
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn stores_take_turns_and_within_a_store_its_callers() {
        let mut turns = Turns::new(1, 100);
        for work in ["a1", "a2", "a3"] {
            turns.push(turn(1, 1), work);
        }
        turns.push(turn(1, 2), "b1");
        for work in ["c1", "c2"] {
            turns.push(turn(2, 3), work);
        }
        assert_eq!(order(&mut turns), ["a1", "c1", "b1", "c2", "a2", "a3"]);
        assert_eq!(turns.waiting(), 0);
    }

    #[test]
    fn who_comes_again_stands_behind_those_who_wait() {
        let mut turns = Turns::new(1, 100);
        turns.push(turn(1, 1), "a1");
        turns.push(turn(2, 2), "b1");
        let (first, _) = turns.begin().unwrap();
        turns.end(first);
        turns.push(turn(1, 1), "a2");
        assert_eq!(order(&mut turns), ["b1", "a2"]);
    }

    #[test]
    fn one_store_never_has_the_last_place() {
        let mut turns = Turns::new(3, 100);
        for work in 0..10 {
            turns.push(turn(1, work % 2 + 1), work);
        }
        assert!(turns.begin().is_some() && turns.begin().is_some());
        assert!(turns.begin().is_none(), "the last place is for another store");
        turns.push(turn(2, 3), 77);
        assert_eq!(turns.begin(), Some((store(2), 77)));
        assert!(turns.begin().is_none(), "every place is taken");
        turns.end(store(2));
        assert!(turns.begin().is_none());
        turns.end(store(1));
        assert!(turns.begin().is_some());
    }

    #[test]
    fn a_store_has_all_places_for_short_work_and_others_come_next() {
        let mut turns = Turns::of_short_work(2, 100);
        for work in ["a1", "a2", "a3", "a4"] {
            turns.push(turn(1, 1), work);
        }
        assert_eq!(turns.begin(), Some((store(1), "a1")));
        assert_eq!(turns.begin(), Some((store(1), "a2")));
        turns.push(turn(2, 2), "b1");
        assert!(turns.begin().is_none(), "every place is taken");
        turns.end(store(1));
        assert_eq!(turns.begin(), Some((store(1), "a3")), "it was its turn before the other one came");
        turns.end(store(1));
        assert_eq!(turns.begin(), Some((store(2), "b1")));
    }

    #[test]
    fn one_place_is_for_everybody() {
        let mut turns = Turns::new(1, 100);
        turns.push(turn(1, 1), "a1");
        turns.push(turn(2, 1), "b1");
        assert_eq!(turns.begin(), Some((store(1), "a1")));
        assert!(turns.begin().is_none());
        turns.end(store(1));
        assert_eq!(turns.begin(), Some((store(2), "b1")));
    }

    #[test]
    fn where_too_much_waits_the_store_that_has_the_most_gives_way() {
        let mut turns = Turns::new(1, 3);
        assert_eq!(turns.push(turn(1, 1), "a1"), None);
        assert_eq!(turns.push(turn(1, 1), "a2"), None);
        assert_eq!(turns.push(turn(1, 2), "b1"), None);
        assert_eq!(turns.push(turn(2, 3), "c1"), Some("a2"));
        assert_eq!(turns.push(turn(1, 2), "b2"), Some("b2"));
        assert_eq!(order(&mut turns), ["a1", "c1", "b1"]);
    }
}
