//! The profile of a store.

use shopfolk_model::{Happening, ProfileSection, StoreId, StoreName, StoreProfile};
use shopfolk_store::Engine;

use super::fixture::*;
use crate::{ChangeProfile, FindLatestChanges, GetStore, LatestChanges, OperationError};

/// A change of one field of the settings.
pub(super) fn setting(name: &str, value: &str) -> StoreProfile {
    let section = ProfileSection::from([(name.to_owned(), value.to_owned())]);
    StoreProfile::new([("settings".to_owned(), section)])
}

pub async fn changed_profile_is_kept_and_told_of<E: Engine>(engine: E) {
    let other = StoreId::new(1004).unwrap();
    create_store(&engine, STORE).await;
    create_store(&engine, other).await;
    let change = |name: Option<&str>, change, now| ChangeProfile {
        name: name.map(|name| StoreName::new(name).unwrap()),
        change,
        now: at(now),
    };
    let write = async |change| engine.write(STORE, BY, change).await.unwrap();
    assert!(write(change(Some("Tea"), setting("a", "{\"é\": [1, null]}"), 5)).await);
    assert!(write(change(None, setting("b", "true"), 6)).await);
    assert!(!write(change(Some("Tea"), setting("b", "true"), 7)).await, "that is so already");
    assert!(write(change(None, setting("b", "null"), 8)).await);
    let store = engine.read(STORE, GetStore).await.unwrap().unwrap();
    assert_eq!((store.name.as_str(), store.profile), ("Tea", setting("a", "{\"é\": [1, null]}")));
    assert_eq!(engine.read(other, GetStore).await.unwrap().unwrap().profile, StoreProfile::default());
    let large = "1".repeat(StoreProfile::MAXIMUM_BYTES);
    let refused = engine.write(STORE, BY, change(Some("Coffee"), setting("c", &large), 9)).await;
    assert!(matches!(refused, Err(OperationError::ProfileTooLarge(_))), "{refused:?}");
    assert_eq!(engine.read(STORE, GetStore).await.unwrap().unwrap().name.as_str(), "Tea");
    let events = engine.list_events(STORE, None, 100).await.unwrap();
    let told = events.iter().filter(|event| event.event.happening == Happening::ProfileUpdated(STORE));
    assert_eq!(told.count(), 3);
    let latest = engine.read(STORE, FindLatestChanges).await.unwrap();
    assert_eq!(
        latest,
        LatestChanges { created: at(1), orders: at(1), profile: at(8), customers: at(1) },
        "nobody ordered, and there is nobody"
    );
}
