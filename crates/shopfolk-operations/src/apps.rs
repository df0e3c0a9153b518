//! Apps. They are rows of the platform ([`StoreId::PLATFORM`]), which comes to be with the first of them.

use shopfolk_model::{
    Actor, App, AppChange, AppId, AppRuleError, ClientId, Happening, MAXIMUM_APPS, NewApp, SealedSecret,
    Store, StoreId, StoreKey, StoreName, StoreProfile, Timestamp,
};
use shopfolk_store::{
    Engine, Length, PORTION, PageRequest, Portion, ReadOperation, ReadTx, Record, StoreError, WalkPosition,
    WriteOperation, WriteTx,
};

use crate::{OperationError, UninstallApp};

/// Lists the apps, on the platform.
#[derive(Debug, Clone, Copy)]
pub struct ListApps {
    /// Those behind this position.
    pub after: Option<WalkPosition>,
}

impl ReadOperation for ListApps {
    /// Some of them, by their numbers; `None` when there are no more.
    type Output = Option<Portion<App>>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.list_after(self.after, u32::try_from(PORTION).unwrap_or(u32::MAX)).await
    }
}

/// Finds an app, on the platform.
#[derive(Debug, Clone, Copy)]
pub struct GetApp {
    /// The app.
    pub app: AppId,
}

impl ReadOperation for GetApp {
    type Output = App;
    type Error = OperationError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        tx.get((self.app,)).await?.ok_or(OperationError::AppNotFound { id: ClientId(self.app) })
    }
}

/// Creates an app, on the platform.
#[derive(Debug, Clone)]
pub struct CreateApp {
    /// Its number, drawn at random ([`AppId::draw`]).
    pub id: AppId,
    /// What is said of it.
    pub app: NewApp,
    /// Its secret, sealed for this number.
    pub secret: SealedSecret,
    /// A key for the platform, drawn at random, if this is the first app.
    pub platform: StoreKey,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for CreateApp {
    type Output = App;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let Self { id, now, .. } = *self;
        let app = App::new(id, self.app.clone(), self.secret, now)?;
        if tx.get::<App>((id,)).await?.is_some() {
            return Err(OperationError::AppExists { id: ClientId(id) });
        }
        if tx.count(App::TABLE).await? >= MAXIMUM_APPS.into() {
            return Err(AppRuleError::TooManyApps.into());
        }
        make_platform(tx, self.platform, now).await?;
        tx.insert(std::slice::from_ref(&app)).await?;
        tx.append(Happening::AppCreated(id), now).await?;
        Ok(app)
    }
}

/// Makes the platform where there is none yet.
async fn make_platform<T: WriteTx>(tx: &mut T, key: StoreKey, now: Timestamp) -> Result<(), StoreError> {
    if tx.get::<Store>(()).await?.is_some() {
        return Ok(());
    }
    let (id, name) = (StoreId::PLATFORM, StoreName::platform());
    let profile = StoreProfile::default();
    tx.insert(&[Store { id, name, suspended: false, created: now, key: Some(key), profile }]).await?;
    tx.append(Happening::StoreCreated(id), now).await
}

/// Changes an app, on the platform; what the change leaves out stays.
#[derive(Debug, Clone)]
pub struct ChangeApp {
    /// The app.
    pub app: AppId,
    /// What becomes of it.
    pub change: AppChange,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for ChangeApp {
    type Output = App;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        change(tx, self.app, self.now, |app| app.changed(self.change.clone())).await
    }
}

/// Gives an app another secret, on the platform: the former one is worth nothing from now on.
#[derive(Debug, Clone, Copy)]
pub struct ChangeClientSecret {
    /// The app.
    pub app: AppId,
    /// The secret, sealed for it.
    pub secret: SealedSecret,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for ChangeClientSecret {
    type Output = App;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        change(tx, self.app, self.now, |app| Ok(App { secret: self.secret, ..app })).await
    }
}

async fn change<T: WriteTx>(
    tx: &mut T,
    id: AppId,
    now: Timestamp,
    become_this: impl FnOnce(App) -> Result<App, AppRuleError> + Send,
) -> Result<App, OperationError> {
    let app: Option<App> = tx.get((id,)).await?;
    let before = app.ok_or(OperationError::AppNotFound { id: ClientId(id) })?;
    let app = become_this(before.clone())?;
    if app != before {
        tx.update(std::slice::from_ref(&app)).await?;
        tx.append(Happening::AppChanged(id), now).await?;
    }
    Ok(app)
}

/// Deletes an app and shuts it out of every store, each in a transaction of its own; answers how many had let it in. It is safe
/// to repeat.
///
/// # Errors
/// When there is no such app or the database fails; then the stores that were done stay so.
pub async fn delete_app<E: Engine>(
    engine: &E,
    by: Actor,
    app: AppId,
    now: Timestamp,
) -> Result<u64, OperationError> {
    engine.read(StoreId::PLATFORM, GetApp { app }).await?;
    let before = uninstall_everywhere(engine, by, app, now).await?;
    engine.write(StoreId::PLATFORM, by, DeleteApp { app, now }).await?;
    // A store may have let it in meanwhile.
    Ok(before + uninstall_everywhere(engine, by, app, now).await?)
}

async fn uninstall_everywhere<E: Engine>(
    engine: &E,
    by: Actor,
    app: AppId,
    now: Timestamp,
) -> Result<u64, OperationError> {
    let (mut page, mut stores) = (PageRequest::at(0, u32::try_from(PORTION).unwrap_or(u32::MAX)), 0);
    loop {
        let found = engine.list_stores(page).await?;
        for store in found.items {
            match engine.write(store.id, by, UninstallApp { app, now }).await {
                Ok(()) => stores += 1,
                Err(OperationError::AppNotInstalled { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        match found.next {
            Some(last) => page = PageRequest::after(last, page.limit),
            None => return Ok(stores),
        }
    }
}

/// Deletes the row of an app, on the platform.
struct DeleteApp {
    app: AppId,
    now: Timestamp,
}

impl WriteOperation for DeleteApp {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        if tx.get::<App>((self.app,)).await?.is_none() {
            return Err(OperationError::AppNotFound { id: ClientId(self.app) });
        }
        tx.delete::<App>(&[(self.app,)]).await?;
        Ok(tx.append(Happening::AppDeleted(self.app), self.now).await?)
    }
}
